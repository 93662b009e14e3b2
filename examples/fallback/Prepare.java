/**
 * Prints one task that pauses for 10 s and says it would take one.
 *
 * <p>The hint is wrong on purpose: it makes the function, which is stopped after 3 s, look good
 * enough. What happens next is what the example is about.
 */
class Prepare {
  public static void main(String[] args) {
    System.err.println("one task: a pause of 10 s, announced as 1 s");
    System.out.println(
        """
        {"tasks":[
        {"workload": "pause", "name": "too-long", "expectedDuration": "PT1S",
         "payload": {"seconds": 10}}
        ]}\
        """);
  }
}
