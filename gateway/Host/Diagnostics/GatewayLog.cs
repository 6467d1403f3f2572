// Every line that the gateway logs. Few: what an operator acts upon, once.

using System;
using System.Net;
using Microsoft.Extensions.Logging;

namespace Crime.Gateway.Diagnostics;

/// <summary>Log messages.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(1, LogLevel.Information,
        "gateway '{Node}' is up: {Broker}, HTTP on port {HttpPort}, {WorkerCount} worker(s), queue of {Capacity}, models: {Models}")]
    public static partial void Started(
        this ILogger log, string node, string broker, int httpPort, int workerCount, int capacity, string models);

    [LoggerMessage(2, LogLevel.Information, "gateway '{Node}' has stopped")]
    public static partial void Stopped(this ILogger log, string node);

    [LoggerMessage(3, LogLevel.Warning, "not connected to the broker at {Host}:{Port}: {Reason}; trying until it works")]
    public static partial void LinkLost(this ILogger log, string host, int port, string reason);

    [LoggerMessage(4, LogLevel.Information, "connected to the broker at {Host}:{Port} again")]
    public static partial void LinkRestored(this ILogger log, string host, int port);

    [LoggerMessage(5, LogLevel.Warning, "the embedded broker cannot accept a connection: {Reason}")]
    public static partial void AcceptFailed(this ILogger log, string reason);

    [LoggerMessage(6, LogLevel.Debug, "a connection to the embedded broker ended: {Reason}")]
    public static partial void ConnectionFaulted(this ILogger log, string reason);

    [LoggerMessage(7, LogLevel.Warning, "model folder {Folder} does not exist: no models are served")]
    public static partial void FolderMissing(this ILogger log, string folder);

    [LoggerMessage(8, LogLevel.Warning, "model file {File} is skipped: {Reason}")]
    public static partial void ModelSkipped(this ILogger log, string file, string reason);

    [LoggerMessage(9, LogLevel.Warning, "model {Name} is served, but boards cannot download it: {Reason}")]
    public static partial void ModelNotDownloadable(this ILogger log, string name, string reason);

    [LoggerMessage(10, LogLevel.Error, "a message was dropped because of a defect of the gateway")]
    public static partial void Fault(this ILogger log, Exception exception);

    [LoggerMessage(11, LogLevel.Warning, "a worker is still computing after {WaitedMs} ms and is left behind")]
    public static partial void WorkerLeftBehind(this ILogger log, int waitedMs);

    [LoggerMessage(12, LogLevel.Information, "stopping: {Depth} request(s) wait and are finished if {DrainMs} ms are enough")]
    public static partial void Draining(this ILogger log, int depth, int drainMs);

    [LoggerMessage(13, LogLevel.Warning, "{Count} request(s) were refused: they still waited after {DrainMs} ms")]
    public static partial void NotDrained(this ILogger log, int count, int drainMs);

    [LoggerMessage(14, LogLevel.Error, "wedged: {Trouble}; the watchdog is not fed until that ends")]
    public static partial void Wedged(this ILogger log, string trouble);

    [LoggerMessage(15, LogLevel.Warning, "no longer wedged: the watchdog is fed again")]
    public static partial void Unwedged(this ILogger log);

    [LoggerMessage(16, LogLevel.Error, "results in {Folder} cannot be stored, so no receipts are given: {Reason}")]
    public static partial void ResultsNotStored(this ILogger log, string folder, string reason);

    [LoggerMessage(17, LogLevel.Information, "results in {Folder} are stored again")]
    public static partial void ResultsStoredAgain(this ILogger log, string folder);

    [LoggerMessage(18, LogLevel.Information, "{Count} accepted input(s) of a former start have no published result yet; damaged bytes at the end: {DamagedBytes}")]
    public static partial void ResultsRestored(this ILogger log, int count, long damagedBytes);

    [LoggerMessage(20, LogLevel.Warning, "model file {File} is not used: {Reason}; the model {Id} that was loaded from it before is kept")]
    public static partial void ModelKept(this ILogger log, string file, string reason, string id);

    [LoggerMessage(21, LogLevel.Information, "model file {File} is served as {Id}")]
    public static partial void ModelLoaded(this ILogger log, string file, string id);

    [LoggerMessage(22, LogLevel.Information, "model file {File} is gone, and no longer served")]
    public static partial void ModelRemoved(this ILogger log, string file);

    [LoggerMessage(25, LogLevel.Warning, "model {Name} was uploaded and cannot be stored: {Reason}")]
    public static partial void ModelNotStored(this ILogger log, string name, string reason);

    [LoggerMessage(26, LogLevel.Information, "model {Name} was uploaded from {Address} as {Id}")]
    public static partial void ModelUploaded(this ILogger log, string name, string address, string id);

    [LoggerMessage(27, LogLevel.Information, "settings for board {Board} were sent from {Address} as {Hash}")]
    public static partial void SettingsSent(this ILogger log, string board, string address, string hash);

    [LoggerMessage(28, LogLevel.Warning, "two clients use the id {Client}, and replace each other at the embedded broker")]
    public static partial void IdUsedTwice(this ILogger log, string client);

    [LoggerMessage(23, LogLevel.Warning, "model {Name} is served without a kernel: {Reason}")]
    public static partial void KernelNotCompiled(this ILogger log, string name, string reason);

    [LoggerMessage(24, LogLevel.Error, "model {Name} is served without a kernel because of a defect of the gateway")]
    public static partial void KernelFault(this ILogger log, Exception exception, string name);

    [LoggerMessage(29, LogLevel.Information, "the embedded broker admits: {Access}; enrolled clients: {Count}")]
    public static partial void AccessIs(this ILogger log, string access, int count);

    [LoggerMessage(30, LogLevel.Warning, "every client on the network may connect to the embedded broker, read all and publish answers: {Setting}=open")]
    public static partial void AccessIsOpen(this ILogger log, string setting);

    [LoggerMessage(31, LogLevel.Warning, "all clients share one password, so no client is safe from another one; enrol them with 'crime board add' instead of {Setting}")]
    public static partial void PasswordIsShared(this ILogger log, string setting);

    [LoggerMessage(32, LogLevel.Warning, "client {Client} at {Address} was refused: it has no credential ('crime board add' enrols it); further ones are counted only")]
    public static partial void StrangerRefused(this ILogger log, string client, IPAddress? address);

    [LoggerMessage(33, LogLevel.Warning, "wrong password for {User} from {Address}; further ones from there within a minute are slowed down and counted only")]
    public static partial void WrongPassword(this ILogger log, string user, IPAddress? address);

    [LoggerMessage(34, LogLevel.Warning, "{User} was refused: it connects as {Client}, which is not its own id; further ones are counted only")]
    public static partial void WrongClientId(this ILogger log, string user, string client);

    [LoggerMessage(35, LogLevel.Warning, "client {Client} may not publish to {Topic}; further messages of this kind are counted only")]
    public static partial void PublishDenied(this ILogger log, string client, string topic);

    [LoggerMessage(36, LogLevel.Warning, "client {Client} may not subscribe to {Filter}; further subscriptions of this kind are counted only")]
    public static partial void SubscriptionDenied(this ILogger log, string client, string filter);

    [LoggerMessage(37, LogLevel.Error, "the enrolled clients were not read again, those known before stay: {Reason}")]
    public static partial void AccessFileKept(this ILogger log, string reason);
}
