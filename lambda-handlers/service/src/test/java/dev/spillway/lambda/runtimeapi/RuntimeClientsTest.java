package dev.spillway.lambda.runtimeapi;

import static dev.spillway.lambda.testkit.TestService.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.testkit.TestService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runtimes that need an interface client of their language. The clients here are stand-ins of a few
 * lines, at the place where the real ones are installed: what is tested is how they are found and
 * started.
 */
class RuntimeClientsTest {
  private static final String PYTHON_CLIENT =
      """
      import importlib, json, os, sys, urllib.request
      api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
      sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
      module, name = sys.argv[1].rsplit(".", 1)
      handler = getattr(importlib.import_module(module), name)
      while True:
          event = urllib.request.urlopen(api + "next")
          answer = json.dumps(handler(json.load(event), None)).encode()
          identifier = event.headers["Lambda-Runtime-Aws-Request-Id"]
          urllib.request.urlopen(api + identifier + "/response", answer)
      """;

  private static final String NODE_CLIENT =
      """
      import { createRequire } from 'node:module';
      const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`;
      const [file, name] = process.argv[2].split('.');
      const handler = createRequire(import.meta.url)(`${process.env.LAMBDA_TASK_ROOT}/${file}.js`)[name];
      for (;;) {
        const event = await fetch(api + 'next');
        const id = event.headers.get('lambda-runtime-aws-request-id');
        const body = JSON.stringify(await handler(await event.json()));
        await fetch(`${api}${id}/response`, { method: 'POST', body });
      }
      """;

  @TempDir Path folder;

  @Test
  void without_its_client_a_python_function_is_refused_with_what_to_install() throws Exception {
    assumeTrue(
        new ProcessBuilder(
                    "/usr/bin/env", "-i", "/bin/sh", "-c", "python3 -c 'import awslambdaric'")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor()
            != 0,
        "this host has Python's client");
    try (TestService service = TestService.open(folder, 1)) {
      assertThatThrownBy(() -> service.with(python()))
          .isInstanceOfSatisfying(LambdaException.class, e -> assertThat(e.status()).isEqualTo(400))
          .hasMessage(
              "Runtime python3.12 of function py: Python's runtime interface client is not on this"
                  + " host. Install it: python3 -m pip install --target "
                  + folder.resolve("data/runtimes/python")
                  + " awslambdaric");
      assertThat(service.functions.find("py")).isEmpty();
    }
  }

  @Test
  void without_its_client_a_node_function_is_refused_with_what_to_install() throws Exception {
    assumeTrue(
        !Files.exists(Path.of("/usr/local/bin/aws-lambda-ric"))
            && !Files.exists(Path.of("/usr/bin/aws-lambda-ric")),
        "this host has Node's client");
    try (TestService service = TestService.open(folder, 1)) {
      assertThatThrownBy(() -> service.with(node()))
          .isInstanceOf(LambdaException.class)
          .hasMessageContaining("npm install --prefix " + folder.resolve("data/runtimes"));
    }
  }

  @Test
  void a_python_function_runs_once_its_client_is_there_without_a_new_start() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/python3")), "there is no python3");
    try (TestService service = TestService.open(folder, 1)) {
      Path client = Files.createDirectories(folder.resolve("data/runtimes/python/awslambdaric"));
      Files.writeString(client.resolve("__init__.py"), "");
      Files.writeString(client.resolve("__main__.py"), PYTHON_CLIENT);
      service.with(python());
      Result result = service.invoke("py", "{\"n\":20}");
      assertThat(result.functionError()).as(result.log()).isEmpty();
      assertThat(json(result).get("n").asInt()).isEqualTo(21);
      assertThat(json(result).get("env").asText()).isEqualTo("AWS_Lambda_python3.12");
      assertThat(result.log()).contains("python says 20");
    }
  }

  @Test
  void a_node_function_runs_once_its_client_is_there() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/node")), "there is no node");
    try (TestService service = TestService.open(folder, 1)) {
      Path client =
          Files.createDirectories(folder.resolve("data/runtimes/node_modules/aws-lambda-ric/bin"));
      Files.writeString(client.resolve("index.mjs"), NODE_CLIENT);
      service.with(node());
      Result result = service.invoke("js", "{\"n\":20}");
      assertThat(result.functionError()).as(result.log()).isEmpty();
      assertThat(json(result).get("n").asInt()).isEqualTo(21);
    }
  }

  private FunctionConfiguration python() throws IOException {
    Path code = Files.createDirectories(folder.resolve("py"));
    Files.writeString(
        code.resolve("app.py"),
        """
        import os
        def handler(event, context):
            print("python says", event["n"])
            return {"n": event["n"] + 1, "env": os.environ["AWS_EXECUTION_ENV"]}
        """);
    return function("py", "python3.12", "app.handler", code, 128);
  }

  private FunctionConfiguration node() throws IOException {
    Path code = Files.createDirectories(folder.resolve("js"));
    Files.writeString(
        code.resolve("app.js"), "exports.handler = async event => ({ n: event.n + 1 });\n");
    return function("js", "nodejs22.x", "app.handler", code, 256);
  }

  private static FunctionConfiguration function(
      String name, String runtime, String handler, Path code, int memory) {
    return new FunctionConfiguration(
        name,
        runtime,
        handler,
        code,
        10,
        memory,
        512,
        "x86_64",
        Map.of(),
        OptionalInt.empty(),
        Map.of());
  }
}
