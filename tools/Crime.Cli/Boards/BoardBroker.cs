// The broker between boards and the verbs that listen to them.

using System;
using System.Threading;
using System.Threading.Tasks;
using Crime.Modelling;
using MQTTnet;
using MQTTnet.Protocol;

namespace Crime.Cli.Boards;

/// <summary>Connects a verb to a broker.</summary>
internal static class BoardBroker
{
    private const int ConnectTimeoutMs = 5000;

    // The gateway's own settings have these names in the environment.
    private const string UserVariable = "CRIME_Broker__Username";
    private const string PasswordVariable = "CRIME_Broker__Password";

    /// <summary>Connects, and subscribes to a filter.</summary>
    /// <param name="client">The client.</param>
    /// <param name="broker">Where the broker listens.</param>
    /// <param name="clientId">The client's id.</param>
    /// <param name="filter">The filter.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task ConnectAsync(IMqttClient client, BrokerEndpoint broker, string clientId, string filter, CancellationToken cancellation)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        attempt.CancelAfter(ConnectTimeoutMs);
        MqttClientOptionsBuilder options = new MqttClientOptionsBuilder().WithTcpServer(broker.Host, broker.Port).WithClientId(clientId);
        if (Environment.GetEnvironmentVariable(UserVariable) is { Length: > 0 } user)
            options.WithCredentials(user, Environment.GetEnvironmentVariable(PasswordVariable) ?? "");
        MqttClientConnectResult connected = await client.ConnectAsync(options.Build(), attempt.Token);
        if (connected.ResultCode != MqttClientConnectResultCode.Success)
            throw new InvalidOperationException($"it refused the connection with {connected.ResultCode}");
        await client.SubscribeAsync(filter, MqttQualityOfServiceLevel.AtMostOnce, attempt.Token);
    }

    /// <summary>Returns the line for a broker that cannot be used.</summary>
    /// <param name="broker">The broker.</param>
    /// <param name="trouble">The reason.</param>
    public static UserInputException Refusal(BrokerEndpoint broker, Exception trouble) =>
        new($"--mqtt {broker.Host}:{broker.Port}: cannot connect: {trouble.GetBaseException().Message}", trouble);
}
