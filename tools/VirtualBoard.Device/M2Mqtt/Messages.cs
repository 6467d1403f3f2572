// nanoFramework.M2Mqtt: names of the protocol.

using System;

namespace nanoFramework.M2Mqtt.Messages
{
    /// <summary>Quality of service.</summary>
    public enum MqttQoSLevel : byte
    {
        /// <summary>At most once.</summary>
        AtMostOnce = 0,

        /// <summary>At least once.</summary>
        AtLeastOnce = 1,

        /// <summary>Exactly once.</summary>
        ExactlyOnce = 2,
    }

    /// <summary>Answer of the broker.</summary>
    public enum MqttReasonCode
    {
        /// <summary>Accepted.</summary>
        Success = 0,

        /// <summary>Protocol version refused.</summary>
        ConnectionRefusedUnacceptableProtocolVersion = 1,

        /// <summary>Client id refused.</summary>
        ConnectionRefusedIdentifierRejected = 2,

        /// <summary>Not available.</summary>
        ConnectionRefusedServerUnavailable = 3,

        /// <summary>User name or password wrong.</summary>
        ConnectionRefusedBadUserNameOrPassword = 4,

        /// <summary>Not allowed.</summary>
        ConnectionRefusedNotAuthorized = 5,
    }

    /// <summary>A received message.</summary>
    public class MqttMsgPublishEventArgs : EventArgs
    {
        /// <summary>Makes the arguments.</summary>
        public MqttMsgPublishEventArgs(string topic, byte[] message, bool dupFlag, MqttQoSLevel qosLevel, bool retain)
        {
            Topic = topic;
            Message = message;
            DupFlag = dupFlag;
            QosLevel = qosLevel;
            Retain = retain;
        }

        /// <summary>The topic.</summary>
        public string Topic { get; }

        /// <summary>The payload.</summary>
        public byte[] Message { get; }

        /// <summary>Whether the broker sent it before.</summary>
        public bool DupFlag { get; }

        /// <summary>Quality of service.</summary>
        public MqttQoSLevel QosLevel { get; }

        /// <summary>Whether the broker had it stored.</summary>
        public bool Retain { get; }
    }
}

namespace nanoFramework.M2Mqtt.Exceptions
{
    /// <summary>Why the client refused a call.</summary>
    public enum MqttClientErrorCode
    {
        /// <summary>The queue of outgoing messages is full.</summary>
        InflightQueueFull = 1,

        /// <summary>The topic is empty or too long.</summary>
        TopicLength = 2,

        /// <summary>The topic holds a wildcard.</summary>
        TopicWildcard = 3,
    }

    /// <summary>The client refused a call.</summary>
    public class MqttClientException : Exception
    {
        /// <summary>Makes the exception.</summary>
        public MqttClientException(MqttClientErrorCode errorCode) => ErrorCode = errorCode;

        /// <summary>Why.</summary>
        public MqttClientErrorCode ErrorCode { get; set; }
    }

    /// <summary>The network failed.</summary>
    public class MqttCommunicationException : Exception
    {
        /// <summary>Makes the exception.</summary>
        public MqttCommunicationException()
        {
        }

        /// <summary>Makes the exception.</summary>
        public MqttCommunicationException(Exception e) : base("", e)
        {
        }
    }

    /// <summary>Connecting failed.</summary>
    public class MqttConnectionException : Exception
    {
        /// <summary>Makes the exception.</summary>
        public MqttConnectionException(string message, Exception innerException) : base(message, innerException)
        {
        }
    }
}

namespace nanoFramework.M2Mqtt
{
    /// <summary>TLS version.</summary>
    public enum MqttSslProtocols
    {
        /// <summary>No TLS.</summary>
        None = 0,
    }

    /// <summary>What a client can do.</summary>
    public interface IMqttClient
    {
        /// <summary>A message came.</summary>
        public delegate void MqttMsgPublishEventHandler(object sender, Messages.MqttMsgPublishEventArgs e);

        /// <summary>The connection has ended.</summary>
        public delegate void ConnectionClosedEventHandler(object sender, EventArgs e);
    }
}
