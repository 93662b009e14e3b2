# One word per intent. Each target prints the mvn line that it runs, so nobody is trapped here.
.DEFAULT_GOAL := help
JDK = $(shell ./spillway --jdk-home)
MVN = JAVA_HOME="$(JDK)" mvn -B
# packaged: tests that need the functions archive, which only `verify` builds.
LAYERS = docker,simulation,crash,conformance,fuzz,soak,packaged

.PHONY: help jdk check test docker simulation sim day replay crash conformance fuzz e2e soak image run fmt bench clean

help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

jdk:
	@./spillway --jdk-home >/dev/null

check: jdk ## format, compile with warnings as errors, pure and unit tests
	$(MVN) test -DexcludedGroups=$(LAYERS)

test: jdk ## everything CI runs: check, simulation, crash, conformance, fuzz, Docker, end to end
	$(MVN) verify
	.ci/journeys

docker: jdk ## only the tests that need a Docker engine
	$(MVN) verify -Dgroups=docker

simulation: jdk ## the whole engine and dispatcher in virtual time, over many seeds
	$(MVN) verify -Dgroups=simulation

sim: jdk ## the same; one seed again: make sim SEED=42
	$(MVN) verify -Dgroups=simulation $(if $(SEED),-Dspillway.seed=$(SEED))

day: jdk ## a simulated day of 100,000 jobs, with its report: make day SEED=7
	$(MVN) test -pl batch-engine -am -Dtest=SimulatedDayTest -Dsurefire.failIfNoSpecifiedTests=false \
	  $(if $(SEED),-Dspillway.day.seed=$(SEED))

replay: jdk ## recorded workflows through the engine, next to a list scheduler: make replay TRACE=workflows.csv.gz
	$(MVN) test -pl batch-engine -am -Dtest=WorkflowReplayTest -Dsurefire.failIfNoSpecifiedTests=false \
	  $(if $(TRACE),-Dspillway.trace=$(abspath $(TRACE)))

crash: jdk ## kill -9 under load, then look for what was lost
	$(MVN) verify -Dgroups=crash -Dspillway.crash.rounds=50

conformance: jdk ## unmodified SDK, aws command line and boto3 against a running server
	$(MVN) verify -Dgroups=conformance

fuzz: jdk ## thousands of requests that nobody should send: make fuzz SEED=42
	$(MVN) verify -Dgroups=fuzz $(if $(SEED),-Dspillway.seed=$(SEED))

e2e: ## the launcher, the examples and the template from outside
	.ci/journeys

soak: jdk ## the long counts: more seeds, more kills, more odd requests
	$(MVN) verify -DexcludedGroups= -Dgroups='simulation|crash|fuzz|soak' -Dspillway.soak=true

image: ## build the workloads' container image, offline
	./spillway image

run: ## run the thumbnails example
	./spillway run examples/thumbnails

bench: jdk ## benchmarks, as ratios to the machine's own floor
	$(MVN) -q package -DskipTests -pl benchmarks -am
	benchmarks/run

fmt: jdk ## format every Java file
	$(MVN) -q -N validate
	"$(JDK)/bin/java" @.ci/format.args -cp target/tools/google-java-format.jar .ci/Format.java fix .ci */src */*/src

clean: jdk ## remove everything built
	$(MVN) -q clean
