package dev.spillway.batch.execution;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunnabilityTest {

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  private static Optional<String> obstacle(String containerMembers) {
    return Runnability.obstacle(
        json("{'container':{'image':'i'" + containerMembers + "}}"), "amd64");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",'mountPoints':[],'secrets':[],'ulimits':[],'volumes':[]",
        ",'volumes':[{'name':'v','host':{'sourcePath':'/v'}}]",
        ",'linuxParameters':{'initProcessEnabled':false,'devices':[],'swappiness':60}",
        ",'logConfiguration':{'logDriver':'json-file'}",
        ",'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-stream-prefix':'p'}}",
        ",'user':'nobody','privileged':true,'readonlyRootFilesystem':true,'jobRoleArn':'r'",
        ",'runtimePlatform':{'operatingSystemFamily':'LINUX','cpuArchitecture':'X86_64'}",
        ",'ephemeralStorage':{'sizeInGiB':21},'networkConfiguration':{'assignPublicIp':'ENABLED'}"
      })
  void runs(String members) {
    assertThat(obstacle(members)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      ,'mountPoints':[{'sourceVolume':'v','containerPath':'/v'}]   | mountPoints
      ,'secrets':[{'name':'s','valueFrom':'a'}]                    | secrets
      ,'ulimits':[{'name':'core','softLimit':0,'hardLimit':0}]     | ulimits
      ,'repositoryCredentials':{'credentialsParameter':'a'}        | repositoryCredentials
      ,'resourceRequirements':[{'type':'GPU','value':'1'}]         | resourceRequirements of type GPU
      ,'linuxParameters':{'initProcessEnabled':true}               | linuxParameters.initProcessEnabled
      ,'linuxParameters':{'devices':[{'hostPath':'/d'}]}           | linuxParameters.devices
      ,'linuxParameters':{'tmpfs':[{'containerPath':'/t'}]}        | linuxParameters.tmpfs
      ,'linuxParameters':{'sharedMemorySize':64}                   | linuxParameters.sharedMemorySize
      ,'linuxParameters':{'maxSwap':0,'swappiness':60}             | linuxParameters.maxSwap
      ,'logConfiguration':{'logDriver':'splunk'}                   | logConfiguration.logDriver splunk
      ,'logConfiguration':{'logDriver':'awslogs','secretOptions':[{'name':'s'}]} | logConfiguration.secretOptions
      ,'runtimePlatform':{'operatingSystemFamily':'WINDOWS_SERVER_2022_CORE'} | runtimePlatform.operatingSystemFamily WINDOWS_SERVER_2022_CORE
      ,'runtimePlatform':{'cpuArchitecture':'ARM64'}               | runtimePlatform.cpuArchitecture ARM64 on this host
      """)
  void a_member_that_would_change_what_runs_is_named(String members, String named) {
    assertThat(obstacle(members))
        .hasValue(
            "CannotStartContainerError: " + named + ": this version of Spillway cannot run that.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      {'nodeProperties':{'numNodes':1}}                                            | nodeProperties, a job of several nodes
      {'eksProperties':{'podProperties':{}}}                                       | eksProperties, a job of pods
      {'container':{},'ecsProperties':{'taskProperties':[{'containers':[{},{}]}]}} | ecsProperties with several containers
      {'container':{},'ecsProperties':{'taskProperties':[{'pidMode':'host','containers':[{'image':'i'}]}]}} | pidMode host
      {'container':{},'ecsProperties':{'taskProperties':[{'containers':[{'image':'i','firelensConfiguration':{'type':'fluentd'}}]}]}} | firelensConfiguration
      """)
  void jobs_of_other_kinds(String detail, String named) {
    assertThat(Runnability.obstacle(json(detail)))
        .hasValue(
            "CannotStartContainerError: " + named + ": this version of Spillway cannot run that.");
  }

  @Test
  void an_architecture_is_compared_with_the_hosts() {
    JsonNode intel = json("{'container':{'runtimePlatform':{'cpuArchitecture':'X86_64'}}}");
    JsonNode arm = json("{'container':{'runtimePlatform':{'cpuArchitecture':'ARM64'}}}");
    assertThat(Runnability.obstacle(arm, "aarch64")).isEmpty();
    assertThat(Runnability.obstacle(intel, "amd64")).isEmpty();
    assertThat(Runnability.obstacle(intel, "aarch64")).isPresent();
  }

  @Test
  void the_only_container_of_a_task_reads_like_containerProperties() {
    JsonNode detail =
        json(
            """
            {'container':{},'ecsProperties':{'taskProperties':[{'taskRoleArn':'role',
             'platformVersion':'1.4.0','ephemeralStorage':{'sizeInGiB':30},
             'containers':[{'name':'main','image':'i','command':['c'],'stopTimeout':60}]}]}}
            """);
    assertThat(Runnability.obstacle(detail)).isEmpty();
    assertThat(Runnability.container(detail).orElseThrow())
        .isEqualTo(
            json(
                """
                {'name':'main','image':'i','command':['c'],'stopTimeout':60,'jobRoleArn':'role',
                 'ephemeralStorage':{'sizeInGiB':30},
                 'fargatePlatformConfiguration':{'platformVersion':'1.4.0'}}
                """));
    assertThat(Runnability.container(json("{'container':{'image':'i'}}")))
        .hasValueSatisfying(c -> assertThat(c).isEqualTo(json("{'image':'i'}")));
    assertThat(Runnability.container(json("{'nodeProperties':{}}"))).isEmpty();
  }
}
