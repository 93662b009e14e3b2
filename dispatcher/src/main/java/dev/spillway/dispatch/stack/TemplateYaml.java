package dev.spillway.dispatch.stack;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * YAML as CloudFormation reads it: short tags become their long form ({@code !Ref X} is {@code
 * {Ref: X}}), dates stay text, and only {@code true} and {@code false} are booleans.
 */
final class TemplateYaml {

  private TemplateYaml() {}

  /**
   * Parses a document.
   *
   * @throws org.yaml.snakeyaml.error.YAMLException with line and column
   */
  static Object parse(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    DumperOptions dumping = new DumperOptions();
    return new Yaml(
            new Tags(options), new Representer(dumping), dumping, options, new PlainValues())
        .load(text);
  }

  /** Implicit types without YAML 1.1's dates, octal numbers and yes/no. */
  private static final class PlainValues extends Resolver {
    @Override
    protected void addImplicitResolvers() {
      addImplicitResolver(Tag.BOOL, Pattern.compile("true|false|True|False"), "tfTF");
      addImplicitResolver(Tag.INT, Pattern.compile("-?(0|[1-9][0-9]{0,17})"), "-0123456789");
      addImplicitResolver(Tag.FLOAT, Pattern.compile("-?[0-9]+\\.[0-9]+"), "-0123456789");
      addImplicitResolver(Tag.NULL, Pattern.compile("~|null|"), "~n\0");
      addImplicitResolver(Tag.NULL, Pattern.compile(""), null);
      addImplicitResolver(Tag.MERGE, Pattern.compile("<<"), "<");
    }
  }

  private static final class Tags extends SafeConstructor {
    Tags(LoaderOptions options) {
      super(options);
      yamlMultiConstructors.put("!", new LongForm());
    }

    private final class LongForm extends AbstractConstruct {
      @Override
      public Object construct(Node node) {
        String name = node.getTag().getValue().substring(1);
        Object value =
            switch (node) {
              case ScalarNode scalar -> scalar.getValue();
              case SequenceNode sequence -> constructSequence(sequence);
              case MappingNode mapping -> constructMapping(mapping);
              default -> throw new IllegalStateException("YAML has three kinds of node");
            };
        if (name.equals("GetAtt") && value instanceof String dotted && dotted.contains(".")) {
          int dot = dotted.indexOf('.');
          value = List.of(dotted.substring(0, dot), dotted.substring(dot + 1));
        }
        Map<String, Object> longForm = new LinkedHashMap<>();
        longForm.put(name.equals("Ref") || name.equals("Condition") ? name : "Fn::" + name, value);
        return longForm;
      }
    }
  }
}
