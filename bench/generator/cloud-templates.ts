import { COMPLIANCE, isoTime, JSON_DECODER, type JsonObject, type Template } from './template.ts'
import type { World } from './world.ts'

function aws(world: World, rule: { id: string; description: string; group: string }, body: JsonObject) {
  return {
    agent: world.agent(),
    rule: {
      level: 3,
      id: rule.id,
      description: rule.description,
      groups: ['amazon', 'aws', rule.group],
      compliance: COMPLIANCE.log,
    },
    decoder: JSON_DECODER,
    data: {
      integration: 'aws',
      aws: {
        log_info: {
          log_file: `AWSLogs/123456789012/${world.random.hex(12)}.json.gz`,
          s3bucket: 'audit-logs',
        },
        ...body,
      },
    },
    location: 'Wazuh-AWS',
  }
}

const cloudTrail: Template = {
  kind: 'cloudtrail',
  weight: 6,
  carries: ['ipv4'],
  make: (world) => {
    const user = world.user()
    return aws(
      world,
      {
        id: '80202',
        description: 'AWS Cloudtrail: ec2.amazonaws.com - DescribeInstances.',
        group: 'aws_cloudtrail',
      },
      {
        source: 'cloudtrail',
        eventVersion: '1.08',
        userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::123456789012:user/${user}`, userName: user },
        eventTime: isoTime(world.second),
        eventSource: 'ec2.amazonaws.com',
        eventName: 'DescribeInstances',
        awsRegion: 'eu-west-1',
        sourceIPAddress: world.ipv4(),
        userAgent: 'aws-cli/2.17.44',
        requestID: world.random.hex(32),
        eventType: 'AwsApiCall',
        recipientAccountId: '123456789012',
      },
    )
  },
}

const vpcFlow: Template = {
  kind: 'vpc flow',
  weight: 5,
  carries: ['ipv4'],
  make: (world) =>
    aws(
      world,
      { id: '80402', description: 'AWS VPC Flow: [REJECT] - Protocol: 6.', group: 'aws_vpcflow' },
      {
        source: 'vpc',
        version: '2',
        account_id: '123456789012',
        interface_id: `eni-${world.random.hex(17)}`,
        srcaddr: world.ipv4(),
        dstaddr: world.internalIp(),
        srcport: world.port(),
        dstport: '3389',
        protocol: '6',
        start: isoTime(world.second),
        action: 'REJECT',
      },
    ),
}

const guardDuty: Template = {
  kind: 'guardduty',
  weight: 2,
  carries: ['ipv4'],
  make: (world) =>
    aws(
      world,
      { id: '80302', description: 'AWS GuardDuty: NETWORK_CONNECTION', group: 'aws_guardduty' },
      {
        source: 'guardduty',
        schemaVersion: '2.0',
        id: world.random.hex(32),
        type: 'Behavior:EC2/NetworkPortUnusual',
        service: {
          detectorId: world.random.hex(32),
          action: {
            actionType: 'NETWORK_CONNECTION',
            networkConnectionAction: {
              localIpDetails: { ipAddressV4: world.internalIp() },
              remoteIpDetails: { country: { countryName: 'Nowhere' }, ipAddressV4: world.ipv4() },
            },
          },
        },
        title: 'Unusual outbound communication seen from an EC2 instance.',
      },
    ),
}

const office365: Template = {
  kind: 'office 365',
  weight: 6,
  carries: ['ipv4'],
  make: (world) => ({
    agent: world.agent(),
    rule: {
      level: 3,
      id: '91545',
      description: 'Office 365: Secure Token Service (STS) logon events in Azure Active Directory.',
      groups: ['office365', 'AzureActiveDirectoryStsLogon'],
      compliance: COMPLIANCE.log,
    },
    decoder: JSON_DECODER,
    data: {
      integration: 'office365',
      office365: {
        CreationTime: isoTime(world.second),
        Id: world.guid().slice(1, -1),
        Operation: 'UserLoggedIn',
        OrganizationId: world.guid().slice(1, -1),
        RecordType: '15',
        UserKey: world.guid().slice(1, -1),
        Version: '1',
        Workload: 'AzureActiveDirectory',
        ClientIP: `${world.ipv4()}:${world.port()}`,
        UserId: `${world.user()}@${world.domain()}`,
        ResultStatus: 'Success',
        Subscription: 'Audit.AzureActiveDirectory',
      },
    },
    location: 'office365',
  }),
}

const docker: Template = {
  kind: 'docker',
  weight: 3,
  carries: [],
  make: (world) => {
    const id = world.random.hex(64)
    return {
      agent: world.agent('linux'),
      rule: { level: 3, id: '87903', description: 'Docker: Container shop started', groups: ['docker'] },
      decoder: JSON_DECODER,
      data: {
        integration: 'docker',
        docker: {
          status: 'start',
          id,
          from: `nginx:1.27.${world.random.int(9)}`,
          Type: 'container',
          Action: 'start',
          Actor: { ID: id, Attributes: { image: 'nginx', name: 'shop' } },
          time: String(world.second),
        },
      },
      location: 'Wazuh-Docker',
    }
  },
}

const github: Template = {
  kind: 'github',
  weight: 2,
  carries: ['ipv4'],
  make: (world) => ({
    agent: world.agent(),
    rule: {
      level: 5,
      id: '91300',
      description: 'GitHub Repo create.',
      groups: ['github', 'git', 'git_repo'],
    },
    decoder: JSON_DECODER,
    data: {
      integration: 'github',
      github: {
        actor: world.user(),
        actor_ip: world.ipv4(),
        org: 'example-works',
        repo: `example-works/${world.random.hex(6)}`,
        created_at: `${world.second}869.000000`,
        action: 'repo.create',
      },
    },
    location: 'github',
  }),
}

export const CLOUD_TEMPLATES: readonly Template[] = [
  cloudTrail,
  vpcFlow,
  guardDuty,
  office365,
  docker,
  github,
]
