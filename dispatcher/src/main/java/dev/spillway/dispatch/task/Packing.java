package dev.spillway.dispatch.task;

import dev.spillway.dispatch.routing.Workload;
import dev.spillway.dispatch.routing.Workload.JobForm;
import dev.spillway.dispatch.stack.Workloads;
import java.util.Optional;

/**
 * Which tasks may share an array job: those whose job definition says that its program finds its
 * part in one. Any other program reads {@code SPILLWAY_PAYLOAD} and would find none.
 */
@FunctionalInterface
public interface Packing {
  /** Each hop is a job of its own. */
  Packing NONE = _ -> false;

  boolean packs(Task task);

  /** As the template has it; a task that brings an image of its own has another definition. */
  static Packing of(Workloads workloads) {
    return task ->
        task.document()
            .workload()
            .flatMap(workloads::find)
            .flatMap(Workload::jobDefinition)
            .filter(JobForm::packs)
            .map(JobForm::jobDefinition)
            .filter(
                name -> task.target().jobDefinition().map(Packing::name).equals(Optional.of(name)))
            .isPresent();
  }

  /** Of a job definition, without its revision. */
  static String name(String definition) {
    int revision = definition.lastIndexOf(':');
    return revision < 0 ? definition : definition.substring(0, revision);
  }
}
