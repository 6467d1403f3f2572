// Stand-in for Wi-Fi on a host: the network is ready from the start and never lost, because the host has its own network.

using System.Threading;

namespace System.Device.Wifi
{
    /// <summary>Whether the adapter reconnects after a loss of the network.</summary>
    public enum WifiReconnectionKind
    {
        /// <summary>The adapter reconnects.</summary>
        Automatic = 0,

        /// <summary>The application reconnects.</summary>
        Manual = 1,
    }
}

namespace nanoFramework.Networking
{
    using System.Device.Wifi;

    /// <summary>Connects to a network. The class belongs to the assembly System.Device.Wifi on boards too.</summary>
    public static class WifiNetworkHelper
    {
        /// <summary>State of the network: always ready.</summary>
        public static NetworkHelperStatus Status => NetworkHelperStatus.NetworkIsReady;

        /// <summary>Connects to a network and waits for an address. Returns true at once.</summary>
        public static bool ConnectDhcp(
            string ssid, string password, WifiReconnectionKind reconnectionKind = WifiReconnectionKind.Automatic,
            bool requiresDateTime = false, int wifiAdapterId = 0, CancellationToken token = default(CancellationToken)) => true;

        /// <summary>Connects to the last network and waits for an address. Returns true at once.</summary>
        public static bool Reconnect(
            bool requiresDateTime = false, int wifiAdapterId = 0, CancellationToken token = default(CancellationToken)) => true;

        /// <summary>Disconnects from the network. Sockets stay open here.</summary>
        public static void Disconnect()
        {
        }
    }
}
