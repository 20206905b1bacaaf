// A function app for durable agents, on Flex Consumption, that reaches its storage account by identity: there is no key to lose.
// docs/deploying.md says how to use it.

@description('Region of everything. It must offer Flex Consumption.')
param location string = resourceGroup().location

@description('Name of the function app, unique in all of Azure.')
param appName string = 'agents-${uniqueString(resourceGroup().id)}'

@description('Address of an Azure OpenAI resource, such as https://my-models.openai.azure.com. The app signs in with its identity.')
param azureOpenAiEndpoint string = ''

@description('Name of the deployment in that resource.')
param azureOpenAiDeployment string = ''

@secure()
@description('Key of OpenAI, for apps that use it instead of Azure OpenAI.')
param openAiApiKey string = ''

@description('Model that OpenAI is asked for; empty for the default of the package.')
param openAiModel string = ''

@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 100

@minValue(0)
@description('Instances that are kept running, and paid for: so many for requests, and as many for runs.')
param alwaysReadyInstanceCount int = 0

var suffix = uniqueString(resourceGroup().id, appName)
var packageContainer = 'app-package'

// The plan scales them apart: a message to an app that sleeps wakes one of each.
var scaledGroups = ['http', 'durable']

// What the Durable extension, the run logs and the package need of the account.
var storageRoles = {
  blobs: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
  queues: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
  tables: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
}

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'agents${suffix}'
  location: location
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource packages 'containers' = {
      name: packageContainer
    }
  }
}

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${appName}-logs'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${appName}-insights'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: logs.id
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: '${appName}-plan'
  location: location
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource functionApp 'Microsoft.Web/sites@2024-04-01' = {
  name: appName
  location: location
  kind: 'functionapp,linux'
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storage.properties.primaryEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'SystemAssignedIdentity'
          }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstanceCount == 0 ? [] : map(scaledGroups, name => {
          name: name
          instanceCount: alwaysReadyInstanceCount
        })
      }
      runtime: {
        name: 'node'
        version: '22'
      }
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      AzureWebJobsStorage__accountName: storage.name
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
      // Empty ones count as not set.
      AZURE_OPENAI_ENDPOINT: azureOpenAiEndpoint
      AZURE_OPENAI_DEPLOYMENT: azureOpenAiDeployment
      OPENAI_API_KEY: openAiApiKey
      OPENAI_MODEL: openAiModel
    }
  }
}

resource storageAccess 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in items(storageRoles): {
    name: guid(storage.id, functionApp.id, role.value)
    scope: storage
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
      principalId: functionApp.identity.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

@description('What `func azure functionapp publish` wants to know.')
output appName string = functionApp.name

@description('Where the agents answer.')
output url string = 'https://${functionApp.properties.defaultHostName}/api'

@description('The identity of the app, for roles on other resources.')
output principalId string = functionApp.identity.principalId
