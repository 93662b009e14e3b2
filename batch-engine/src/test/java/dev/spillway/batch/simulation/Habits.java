package dev.spillway.batch.simulation;

import java.util.Random;

/** How often what happens in one world, in percent: some kinds never, the others weighed anew. */
record Habits(
    int crash,
    int machineLoss,
    int cancel,
    int terminate,
    int fail,
    int vanish,
    int hang,
    int repeat,
    int dependent,
    int array,
    int large,
    int consuming,
    int jump,
    int operate,
    int tag,
    int reclaim,
    int noCapacity) {

  static Habits of(Random random) {
    return new Habits(
        sometimes(random, 6),
        sometimes(random, 30),
        sometimes(random, 10),
        sometimes(random, 10),
        sometimes(random, 40),
        sometimes(random, 15),
        sometimes(random, 10),
        sometimes(random, 20),
        sometimes(random, 50),
        sometimes(random, 50),
        random.nextInt(8) == 0 ? 5 : 0,
        sometimes(random, 30),
        sometimes(random, 4),
        sometimes(random, 12),
        sometimes(random, 10),
        sometimes(random, 5),
        sometimes(random, 30));
  }

  private static int sometimes(Random random, int most) {
    return random.nextInt(3) == 0 ? 0 : 1 + random.nextInt(most);
  }
}
