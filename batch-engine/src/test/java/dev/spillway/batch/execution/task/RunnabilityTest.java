package dev.spillway.batch.execution.task;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RunnabilityTest {

  private static ObjectNode json(String text) {
    try {
      return (ObjectNode) new ObjectMapper().readTree(text.replace('\'', '"'));
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
      {'nodeProperties':{'numNodes':1,'nodeRangeProperties':[{'targetNodes':'0','eksProperties':{}}]}} | eksProperties, a job of pods
      {'nodeProperties':{'numNodes':2,'nodeRangeProperties':[{'targetNodes':'0','container':{'image':'i'}},{'targetNodes':'1','container':{'image':'i','logConfiguration':{'logDriver':'gelf'}}}]}} | logConfiguration.logDriver gelf
      {'eksProperties':{'podProperties':{}}}                                       | eksProperties, a job of pods
      {'container':{},'ecsProperties':{'taskProperties':[{'containers':[{'image':'i','firelensConfiguration':{'type':'fluentd'}}]}]}} | firelensConfiguration
      """)
  void jobs_of_other_kinds(String detail, String named) {
    assertThat(Runnability.obstacle(json(detail)))
        .hasValue(
            "CannotStartContainerError: " + named + ": this version of Spillway cannot run that.");
  }

  @Test
  void an_architecture_is_compared_with_the_hosts() {
    JsonNode intel =
        json("{'container':{'image':'i','runtimePlatform':{'cpuArchitecture':'X86_64'}}}");
    JsonNode arm =
        json("{'container':{'image':'i','runtimePlatform':{'cpuArchitecture':'ARM64'}}}");
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
    assertThat(ContainerTemplates.of(detail, 0))
        .containsExactly(
            json(
                """
                {'name':'main','image':'i','command':['c'],'stopTimeout':60,'jobRoleArn':'role',
                 'ephemeralStorage':{'sizeInGiB':30},
                 'fargatePlatformConfiguration':{'platformVersion':'1.4.0'}}
                """));
    assertThat(ContainerTemplates.of(json("{'container':{'image':'i'}}"), 0))
        .containsExactly(json("{'image':'i'}"));
  }

  @Test
  void the_narrowest_range_is_a_nodes_own_and_a_size_may_come_from_a_wider_one() {
    JsonNode detail =
        json(
            """
            {'nodeProperties':{'numNodes':3,'mainNode':0,'nodeRangeProperties':[
             {'targetNodes':'0:','container':{'image':'all','vcpus':2,'memory':64}},
             {'targetNodes':'1','container':{'image':'one'}}]}}
            """);
    assertThat(ContainerTemplates.of(detail, 2))
        .containsExactly(json("{'image':'all','vcpus':2,'memory':64}"));
    assertThat(ContainerTemplates.of(detail, 1))
        .containsExactly(json("{'image':'one','vcpus':2,'memory':64}"));
  }
}
