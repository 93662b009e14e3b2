package dev.spillway.dispatch.stack;

import java.util.Comparator;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Property names of the types that are acted on. Source: CloudFormation's and SAM's resource
 * references; an unknown name is a typing error and is refused, never dropped.
 */
final class KnownProperties {
  static final Set<String> FUNCTION_ACTED_ON =
      Set.of(
          "FunctionName",
          "Runtime",
          "Handler",
          "CodeUri",
          "ImageUri",
          "ImageConfig",
          "Timeout",
          "MemorySize",
          "EphemeralStorage",
          "Architectures",
          "Environment",
          "ReservedConcurrentExecutions",
          "Description",
          "EventInvokeConfig",
          "DeadLetterQueue",
          "PackageType",
          "Tags");

  static final Set<String> FUNCTION_KEPT =
      names(
          "Role Policies Events VpcConfig Tracing KmsKeyArn AutoPublishAlias Layers"
              + " AutoPublishAliasAllProperties AutoPublishCodeSha256 DeploymentPreference"
              + " RolePath PermissionsBoundary ProvisionedConcurrencyConfig"
              + " AssumeRolePolicyDocument FileSystemConfigs CodeSigningConfigArn"
              + " SnapStart FunctionUrlConfig RuntimeManagementConfig LoggingConfig RecursiveLoop"
              + " PropagateTags SourceKMSKeyArn TenancyConfig VersionDescription"
              + " InlineCode DurableConfig CapacityProviderConfig FunctionScalingConfig"
              + " PublishToLatestPublished VersionDeletionPolicy");

  private static final Map<String, Set<String>> BATCH =
      Map.ofEntries(
          Map.entry(
              "AWS::Batch::ComputeEnvironment",
              names(
                  "ComputeEnvironmentName Type State ServiceRole UnmanagedvCpus ComputeResources"
                      + " EksConfiguration UpdatePolicy ReplaceComputeEnvironment Context Tags")),
          Map.entry(
              "AWS::Batch::JobQueue",
              names(
                  "JobQueueName Priority State ComputeEnvironmentOrder ServiceEnvironmentOrder"
                      + " JobQueueType SchedulingPolicyArn JobStateTimeLimitActions Tags")),
          Map.entry(
              "AWS::Batch::JobDefinition",
              names(
                  "JobDefinitionName Type ContainerProperties EcsProperties EksProperties"
                      + " NodeProperties Parameters PlatformCapabilities PropagateTags"
                      + " RetryStrategy SchedulingPriority Timeout ConsumableResourceProperties"
                      + " ResourceRetentionPolicy Tags")),
          Map.entry(
              "ComputeResources",
              names(
                  "AllocationStrategy BidPercentage DesiredvCpus Ec2Configuration Ec2KeyPair"
                      + " ImageId InstanceRole InstanceTypes LaunchTemplate MaxvCpus MinvCpus"
                      + " PlacementGroup SecurityGroupIds SpotIamFleetRole Subnets Tags Type"
                      + " UpdateToLatestImageVersion ScalingPolicy")),
          Map.entry(
              "ContainerProperties",
              names(
                  "Image Command ResourceRequirements Environment JobRoleArn ExecutionRoleArn"
                      + " Volumes MountPoints LinuxParameters LogConfiguration Secrets Ulimits User"
                      + " Privileged ReadonlyRootFilesystem NetworkConfiguration"
                      + " FargatePlatformConfiguration EphemeralStorage RuntimePlatform"
                      + " RepositoryCredentials Vcpus Memory InstanceType EnableExecuteCommand")),
          Map.entry("RetryStrategy", names("Attempts EvaluateOnExit")),
          Map.entry("EvaluateOnExit", names("Action OnExitCode OnReason OnStatusReason")),
          Map.entry("Timeout", names("AttemptDurationSeconds")),
          Map.entry("ComputeEnvironmentOrder", names("ComputeEnvironment Order")),
          Map.entry("ResourceRequirements", names("Type Value")),
          Map.entry("JobStateTimeLimitActions", names("Action MaxTimeSeconds Reason State")));

  /** Of the Batch types: CloudFormation's own orders, which the API does not take. */
  static final Set<String> BATCH_KEPT =
      Set.of("UpdatePolicy", "ReplaceComputeEnvironment", "ResourceRetentionPolicy");

  private KnownProperties() {}

  /** Names under a type or a nested property; empty when they are not checked. */
  static Set<String> of(String typeOrProperty) {
    return BATCH.getOrDefault(typeOrProperty, Set.of());
  }

  static Set<String> function() {
    Set<String> all = new TreeSet<>(FUNCTION_ACTED_ON);
    all.addAll(FUNCTION_KEPT);
    return all;
  }

  /** The known name that shares the longest beginning; a hint, not a guess at meaning. */
  static String nearest(String name, Set<String> known) {
    return known.stream()
        .max(
            Comparator.comparingInt((String candidate) -> shared(name, candidate))
                .thenComparing(Comparator.reverseOrder()))
        .orElseThrow();
  }

  private static int shared(String one, String other) {
    int length = 0;
    while (length < Math.min(one.length(), other.length())
        && Character.toLowerCase(one.charAt(length))
            == Character.toLowerCase(other.charAt(length))) {
      length++;
    }
    return length;
  }

  private static Set<String> names(String words) {
    return new TreeSet<>(Set.of(words.split(" ")));
  }
}
