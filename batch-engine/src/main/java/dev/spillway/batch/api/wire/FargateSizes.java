package dev.spillway.batch.api.wire;

import java.math.BigDecimal;

/** The pairs of vCPU and memory that Fargate has. Source: API, ResourceRequirement. */
final class FargateSizes {
  private static final int[][] MEMORY = {
    // thousandths of a vCPU, least MiB, most MiB, step
    {250, 512, 512, 512},
    {250, 1024, 2048, 1024},
    {500, 1024, 4096, 1024},
    {1000, 2048, 8192, 1024},
    {2000, 4096, 16384, 1024},
    {4000, 8192, 30720, 1024},
    {8000, 16384, 61440, 4096},
    {16000, 32768, 122880, 8192}
  };

  private FargateSizes() {}

  static boolean valid(BigDecimal vcpus, int memoryMib) {
    for (int[] row : MEMORY) {
      if (vcpus.compareTo(BigDecimal.valueOf(row[0], 3)) == 0
          && memoryMib >= row[1]
          && memoryMib <= row[2]
          && (memoryMib - row[1]) % row[3] == 0) {
        return true;
      }
    }
    return false;
  }
}
