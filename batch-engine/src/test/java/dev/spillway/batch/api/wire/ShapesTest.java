package dev.spillway.batch.api.wire;

import static dev.spillway.batch.api.wire.Refusals.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.spillway.batch.api.wire.Shapes.Type;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.services.batch.model.CreateComputeEnvironmentRequest;
import software.amazon.awssdk.services.batch.model.CreateJobQueueRequest;
import software.amazon.awssdk.services.batch.model.RegisterJobDefinitionRequest;
import software.amazon.awssdk.services.batch.model.SubmitJobRequest;
import software.amazon.awssdk.services.batch.model.UpdateComputeEnvironmentRequest;
import software.amazon.awssdk.services.batch.model.UpdateJobQueueRequest;

class ShapesTest {

  static Stream<Arguments> requests() {
    return Stream.of(
        Arguments.of(
            "RegisterJobDefinition", RegisterJobDefinitionRequest.builder().build().sdkFields()),
        Arguments.of("SubmitJob", SubmitJobRequest.builder().build().sdkFields()),
        Arguments.of(
            "CreateComputeEnvironment",
            CreateComputeEnvironmentRequest.builder().build().sdkFields()),
        Arguments.of(
            "UpdateComputeEnvironment",
            UpdateComputeEnvironmentRequest.builder().build().sdkFields()),
        Arguments.of("CreateJobQueue", CreateJobQueueRequest.builder().build().sdkFields()),
        Arguments.of("UpdateJobQueue", UpdateJobQueueRequest.builder().build().sdkFields()));
  }

  @ParameterizedTest
  @MethodSource("requests")
  void every_member_that_the_sdk_can_send_is_known_with_its_type(
      String request, List<SdkField<?>> fields) {
    compare(request, fields);
  }

  private static void compare(String structure, List<SdkField<?>> fields) {
    Map<String, Shapes.Member> members = Shapes.members(structure);
    assertThat(members).as(structure).isNotNull();
    for (SdkField<?> field : fields) {
      assertThat(members).as(structure).containsKey(field.locationName());
      compare(
          structure + "." + field.locationName(), members.get(field.locationName()).type(), field);
    }
  }

  private static void compare(String path, Type type, SdkField<?> field) {
    MarshallingType<?> sdk = field.marshallingType();
    switch (type) {
      case Type.Text _, Type.OneOf _ -> assertThat(sdk).as(path).isEqualTo(MarshallingType.STRING);
      case Type.Whole _ ->
          assertThat(sdk).as(path).isIn(MarshallingType.INTEGER, MarshallingType.LONG);
      case Type.Bool _ -> assertThat(sdk).as(path).isEqualTo(MarshallingType.BOOLEAN);
      case Type.TextMap _ -> assertThat(sdk).as(path).isEqualTo(MarshallingType.MAP);
      case Type.ListOf(Type item) -> {
        assertThat(sdk).as(path).isEqualTo(MarshallingType.LIST);
        compare(path + "[]", item, field.getTrait(ListTrait.class).memberFieldInfo());
      }
      case Type.Structure(String name) -> {
        assertThat(sdk).as(path).isEqualTo(MarshallingType.SDK_POJO);
        compare(name, field.constructor().get().sdkFields());
      }
    }
  }

  @Test
  void every_structure_that_is_named_is_there_and_used() {
    var named = new TreeSet<String>();
    var requests = requests().map(a -> (String) a.get()[0]).toList();
    requests.forEach(request -> collect(request, named));
    assertThat(Shapes.parse(Shapes.text()).keySet()).containsExactlyInAnyOrderElementsOf(named);
  }

  private static void collect(String structure, TreeSet<String> named) {
    if (named.add(structure)) {
      assertThat(Shapes.members(structure)).as(structure).isNotNull();
      Shapes.members(structure).values().forEach(member -> collect(member.type(), named));
    }
  }

  private static void collect(Type type, TreeSet<String> named) {
    switch (type) {
      case Type.ListOf(Type item) -> collect(item, named);
      case Type.Structure(String name) -> collect(name, named);
      case Type _ -> {}
    }
  }

  static Stream<Arguments> wrong() {
    return Stream.of(
        Arguments.of("{'nope':1}", "nope is not a member of this request; known are computeEnv"),
        Arguments.of("{'state':'ON'}", "state is ON; valid are [ENABLED, DISABLED]."),
        Arguments.of("{'state':7}", "state should be a string."),
        Arguments.of("{'priority':'1'}", "priority should be a whole number."),
        Arguments.of("{'priority':3000000000}", "priority is 3000000000; it should be between"),
        Arguments.of("{'computeEnvironmentOrder':{}}", "computeEnvironmentOrder should be a list."),
        Arguments.of(
            "{'computeEnvironmentOrder':[null]}",
            "computeEnvironmentOrder[0] should be an object."),
        Arguments.of(
            "{'computeEnvironmentOrder':[{'order':1}]}",
            "computeEnvironmentOrder[0].computeEnvironment is required."),
        Arguments.of(
            "{'computeEnvironmentOrder':[{'order':1,'computeEnvironment':''}]}",
            "computeEnvironmentOrder[0].computeEnvironment is required."),
        Arguments.of(
            "{'computeEnvironmentOrder':[{'order':1,'computeEnvironment':'a','x':true}]}",
            "computeEnvironmentOrder[0].x is not a member of this request; known are"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void what_does_not_fit_is_refused_by_its_path(String request, String message) {
    refused(message, () -> Shapes.read("UpdateJobQueue", Refusals.json(request)));
  }

  @Test
  void bounds_are_kept_and_null_counts_as_absent() {
    refused(
        "updatePolicy.jobExecutionTimeoutMinutes is 7201; it should be between 1 and 7200.",
        () ->
            Shapes.read(
                "UpdateComputeEnvironment",
                Refusals.json("{'updatePolicy':{'jobExecutionTimeoutMinutes':7201}}")));
    assertThat(
            Shapes.read(
                    "UpdateComputeEnvironment",
                    Refusals.json("{'state':null,'updatePolicy':{'terminateJobsOnUpdate':null}}"))
                .json())
        .isEqualTo(Refusals.json("{'updatePolicy':{}}"));
  }
}
