package dev.spillway.dispatch.simulate;

import dev.spillway.dispatch.simulate.Strategy.Choice;
import dev.spillway.dispatch.simulate.Trip.Walked;
import java.util.ArrayList;
import java.util.List;

/**
 * A replay in which no task is in the way of another one: the tasks of a workflow are planned in
 * the order of the file, and every place is free at once.
 */
record FreeReplay(Places places, Feedback feedback, Strategy strategy) {

  Outcome run(Trace trace) {
    Outcome outcome = new Outcome(places);
    for (List<TraceTask> workflow : trace.workflows()) {
      double[] took = new double[workflow.size()];
      List<Runnable> lessons = new ArrayList<>(workflow.size());
      for (int place = 0; place < took.length; place++) {
        TraceTask task = workflow.get(place);
        Choice choice = strategy.choose(task, Strategy.Loads.UNKNOWN);
        Walked walked = new Walk(places).walk(choice.legs(), task.seconds());
        outcome.add(task, choice, walked);
        took[place] = walked.waitSeconds() + task.seconds();
        Runnable lesson = () -> strategy.learn(task, choice, walked);
        switch (feedback) {
          case INSTANT -> lesson.run();
          case WORKFLOW -> lessons.add(lesson);
        }
      }
      lessons.forEach(Runnable::run);
      outcome.spans(Dependencies.longest(workflow, took));
    }
    return outcome;
  }
}
