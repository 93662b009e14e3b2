package dev.spillway.batch.api.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.spillway.batch.jobdefinition.JobDefinition;
import java.time.Instant;

/** Job definitions that use every member, as text with {@code '} for quotes. */
public final class Definitions {
  public static final String CONTAINER =
      """
      {'jobDefinitionName':'full','type':'container','schedulingPriority':7,
       'parameters':{'who':'world'},'propagateTags':true,'tags':{'team':'x'},
       'platformCapabilities':['EC2'],
       'timeout':{'attemptDurationSeconds':60},
       'retryStrategy':{'attempts':2,'evaluateOnExit':[{'onReason':'*','action':'EXIT'}]},
       'consumableResourceProperties':{'consumableResourceList':[
         {'consumableResource':'licence','quantity':2},
         {'consumableResource':'arn:aws:batch:us-east-1:123456789012:consumable-resource/tape','quantity':1}]},
       'containerProperties':{
         'image':'busybox','command':['echo','Ref::who'],
         'jobRoleArn':'arn:aws:iam::123456789012:role/job',
         'executionRoleArn':'arn:aws:iam::123456789012:role/agent',
         'volumes':[{'name':'scratch','host':{'sourcePath':'/scratch'}},{'name':'any','host':{}},
           {'name':'efs','efsVolumeConfiguration':{'fileSystemId':'fs-0123456789abcdef0',
             'rootDirectory':'/','transitEncryption':'ENABLED','transitEncryptionPort':2049,
             'authorizationConfig':{'accessPointId':'fsap-1','iam':'ENABLED'}}},
           {'name':'s3','s3filesVolumeConfiguration':{'fileSystemArn':'arn:aws:s3files:::fs/1',
             'rootDirectory':'/','transitEncryptionPort':2049,'accessPointArn':'arn:aws:s3files:::ap/1'}}],
         'environment':[{'name':'A','value':'1'},{'name':'B','value':''}],
         'mountPoints':[{'sourceVolume':'scratch','containerPath':'/s','readOnly':true}],
         'readonlyRootFilesystem':true,'privileged':true,
         'ulimits':[{'name':'nofile','softLimit':1024,'hardLimit':2048}],
         'user':'nobody:nogroup','instanceType':'m6i.large',
         'resourceRequirements':[{'type':'VCPU','value':'2'},{'type':'MEMORY','value':'512'},
           {'type':'GPU','value':'1'}],
         'linuxParameters':{'devices':[{'hostPath':'/dev/fuse','containerPath':'/dev/fuse',
             'permissions':['READ','WRITE','MKNOD']}],
           'initProcessEnabled':true,'sharedMemorySize':64,'maxSwap':128,'swappiness':60,
           'tmpfs':[{'containerPath':'/tmp','size':16,'mountOptions':['noexec','mode=1777']}]},
         'logConfiguration':{'logDriver':'splunk','options':{'splunk-url':'u'},
           'secretOptions':[{'name':'splunk-token','valueFrom':'arn:aws:ssm:::parameter/t'}]},
         'secrets':[{'name':'PASSWORD','valueFrom':'arn:aws:secretsmanager:::secret:s'}],
         'enableExecuteCommand':true,'ephemeralStorage':{'sizeInGiB':21},
         'repositoryCredentials':{'credentialsParameter':'arn:aws:secretsmanager:::secret:r'}}}
      """;

  public static final String FARGATE =
      """
      {'jobDefinitionName':'far','type':'container','platformCapabilities':['FARGATE'],
       'containerProperties':{
         'image':'busybox','executionRoleArn':'arn:aws:iam::123456789012:role/agent',
         'resourceRequirements':[{'type':'VCPU','value':'0.25'},{'type':'MEMORY','value':'512'}],
         'networkConfiguration':{'assignPublicIp':'ENABLED'},
         'fargatePlatformConfiguration':{'platformVersion':'1.4.0'},
         'ephemeralStorage':{'sizeInGiB':200},
         'linuxParameters':{'initProcessEnabled':false},
         'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-stream-prefix':'p'}},
         'runtimePlatform':{'operatingSystemFamily':'LINUX','cpuArchitecture':'ARM64'}}}
      """;

  public static final String ECS =
      """
      {'jobDefinitionName':'ecs','type':'container','parameters':{'who':'world'},
       'ecsProperties':{'taskProperties':[{
         'executionRoleArn':'arn:aws:iam::123456789012:role/agent',
         'taskRoleArn':'arn:aws:iam::123456789012:role/job',
         'ipcMode':'task','pidMode':'task','enableExecuteCommand':false,
         'volumes':[{'name':'v','host':{'sourcePath':'/v'}}],
         'containers':[
           {'name':'main','image':'busybox','command':['run','Ref::who'],'essential':true,
            'environment':[{'name':'A','value':'1'}],
            'dependsOn':[{'containerName':'setup','condition':'SUCCESS'},
              {'containerName':'log','condition':'START'}],
            'resourceRequirements':[{'type':'VCPU','value':'2'},{'type':'MEMORY','value':'512'}],
            'linuxParameters':{'initProcessEnabled':true},
            'logConfiguration':{'logDriver':'awsfirelens','options':{'Name':'s3'}},
            'mountPoints':[{'sourceVolume':'v','containerPath':'/v'}],
            'privileged':false,'readonlyRootFilesystem':false,
            'repositoryCredentials':{'credentialsParameter':'arn:aws:secretsmanager:::secret:r'},
            'secrets':[{'name':'P','valueFrom':'arn:aws:secretsmanager:::secret:s'}],
            'ulimits':[{'name':'core','softLimit':0,'hardLimit':0}],
            'user':'0','startTimeout':30,'stopTimeout':120},
           {'name':'setup','image':'busybox','essential':false,
            'resourceRequirements':[{'type':'VCPU','value':'1'},{'type':'MEMORY','value':'64'}]},
           {'name':'log','image':'fluentbit','essential':false,
            'firelensConfiguration':{'type':'fluentbit','options':{'enable-ecs-log-metadata':'true'}},
            'resourceRequirements':[{'type':'VCPU','value':'1'},{'type':'MEMORY','value':'64'}]}]}]}}
      """;

  public static final String EKS =
      """
      {'jobDefinitionName':'eks','type':'container',
       'eksProperties':{'podProperties':{
         'serviceAccountName':'sa','hostNetwork':false,'dnsPolicy':'ClusterFirst',
         'imagePullSecrets':[{'name':'pull'}],'shareProcessNamespace':true,
         'metadata':{'labels':{'l':'1'},'annotations':{'a':'1'},'namespace':'jobs'},
         'volumes':[{'name':'e','emptyDir':{'medium':'Memory','sizeLimit':'64Mi'}},
           {'name':'h','hostPath':{'path':'/h'}},{'name':'s','secret':{'secretName':'n','optional':true}},
           {'name':'p','persistentVolumeClaim':{'claimName':'c','readOnly':true}}],
         'initContainers':[{'name':'init','image':'busybox'}],
         'containers':[{'name':'main','image':'busybox','imagePullPolicy':'IfNotPresent',
           'command':['sh'],'args':['-c','true'],'env':[{'name':'A','value':'1'}],
           'resources':{'limits':{'cpu':'2','memory':'512Mi','nvidia.com/gpu':'1'},
             'requests':{'cpu':'1.5','memory':'512Mi'}},
           'volumeMounts':[{'name':'e','mountPath':'/e','subPath':'x','readOnly':true}],
           'securityContext':{'runAsUser':1000,'runAsGroup':1000,'privileged':false,
             'allowPrivilegeEscalation':false,'readOnlyRootFilesystem':true,'runAsNonRoot':true}}]}}}
      """;

  public static final String NODES =
      """
      {'jobDefinitionName':'mnp','type':'multinode','parameters':{'who':'world'},
       'nodeProperties':{'numNodes':4,'mainNode':0,'nodeRangeProperties':[
         {'targetNodes':'0:','container':{'image':'busybox','command':['Ref::who'],
           'instanceType':'c5.large','vcpus':2,'memory':128}},
         {'targetNodes':'2:3','container':{'image':'other','instanceType':'c5.large'},
           'consumableResourceProperties':{'consumableResourceList':[
             {'consumableResource':'licence','quantity':2}]}}]}}
      """;

  private Definitions() {}

  public static ObjectNode json(String text) {
    return Refusals.json(text);
  }

  /** As RegisterJobDefinition keeps it. */
  static JobDefinition registered(String text) {
    return registered(json(text));
  }

  static JobDefinition registered(ObjectNode request) {
    JobDefinitionMembers.Checked checked = JobDefinitionMembers.check(request, true);
    return new JobDefinition(
        checked.name(), 1, true, checked.fargate(), Instant.EPOCH, checked.detail().toString());
  }
}
