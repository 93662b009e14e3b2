package dev.spillway.lambda.invoke;

import dev.spillway.lambda.LambdaSettings;
import dev.spillway.lambda.function.FunctionConfiguration;
import dev.spillway.lambda.function.FunctionService.Invocation;
import dev.spillway.lambda.function.FunctionService.Result;
import dev.spillway.lambda.function.LambdaException;
import dev.spillway.lambda.function.LocalFunctionService;
import dev.spillway.lambda.runtimeapi.AmbientVariables;
import dev.spillway.lambda.runtimeapi.LocalWorkerProcesses;
import dev.spillway.lambda.wiring.LocalFunctions;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;

/**
 * Runs one function once, without a server, as {@code sam local invoke} does: START, the function's
 * own lines, END and REPORT go to a stream while they come; the result is returned.
 */
public final class OneShotInvoke {
  private final LambdaSettings settings;
  private final AmbientVariables ambient;
  private final PrintStream stderr;

  /**
   * @param settings its data folder gets the unpacked code and the log
   * @param ambient endpoint variables and credentials for the function, or {@link
   *     AmbientVariables#NONE}
   */
  public OneShotInvoke(LambdaSettings settings, AmbientVariables ambient, PrintStream stderr) {
    this.settings = settings;
    this.ambient = ambient;
    this.stderr = stderr;
  }

  /**
   * One call.
   *
   * @param event JSON bytes; none means {@code {}}
   * @return the result; {@code functionError} is set when the function failed
   * @throws LambdaException when the function or the event is refused
   */
  public Result run(FunctionConfiguration function, byte[] event) {
    try (LogFollower follower = new LogFollower(stderr);
        LocalFunctionService functions =
            LocalFunctions.open(
                settings.withoutStartCache(),
                LocalFunctions.Surroundings.alone(
                    new LocalWorkerProcesses(),
                    InstantSource.system(),
                    ambient,
                    follower::follow))) {
      functions.put(function);
      return functions
          .invoke(
              new Invocation(
                  UUID.randomUUID().toString(), function.functionName(), event, Optional.empty()))
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof LambdaException refused) {
        throw refused;
      }
      throw e;
    }
  }
}
