// nanoFramework.System.Device.Wifi: the helper that joins a network. Every network is in reach, and joining takes the time
// of the board's profile.

using System.Device.Wifi;
using System.Threading;
using Crime.VirtualBoard.Boards;

namespace System.Device.Wifi
{
    /// <summary>Whether the board reconnects by itself.</summary>
    public enum WifiReconnectionKind
    {
        /// <summary>It does.</summary>
        Automatic = 0,

        /// <summary>It does not.</summary>
        Manual = 1,
    }
}

namespace nanoFramework.Networking
{
    /// <summary>State of the helper.</summary>
    public enum NetworkHelperStatus
    {
        /// <summary>Nothing was asked yet.</summary>
        None,

        /// <summary>Joining.</summary>
        Started,

        /// <summary>The board has an address.</summary>
        NetworkIsReady,

        /// <summary>There is no network interface.</summary>
        FailedNoNetworkInterface,

        /// <summary>No address came in time.</summary>
        TokenExpiredWaitingIPAddress,

        /// <summary>No date came in time.</summary>
        TokenExpiredWaitingDateTime,

        /// <summary>The network was not found.</summary>
        ErrorConnetingToWiFiWhileScanning,

        /// <summary>Something else failed.</summary>
        ExceptionOccurred,

        /// <summary>Joining again.</summary>
        Reconnecting,
    }

    /// <summary>Joins a network.</summary>
    public static class WifiNetworkHelper
    {
        /// <summary>State of the helper.</summary>
        public static NetworkHelperStatus Status => NetworkHelperStatus.NetworkIsReady;

        /// <summary>Joins a network and waits for an address.</summary>
        public static bool ConnectDhcp(
            string ssid, string password, WifiReconnectionKind reconnectionKind = WifiReconnectionKind.Automatic,
            bool requiresDateTime = false, int wifiAdapterId = 0, CancellationToken token = default) => Join();

        /// <summary>Joins the network of the configuration block and waits for an address.</summary>
        public static bool Reconnect(bool requiresDateTime = false, int wifiAdapterId = 0, CancellationToken token = default) => Join();

        /// <summary>Leaves the network and switches the radio off.</summary>
        public static void Disconnect()
        {
            Board board = Board.Running;
            board.SetRadio(RadioState.Off, board.Clock.NowUs());
        }

        private static bool Join()
        {
            Board board = Board.Running;
            board.SetRadio(RadioState.Associating, board.Clock.NowUs());
            board.Clock.Sleep((long)(board.Options.Profile.AssociateMs * 1000));
            board.SetRadio(RadioState.Associated, board.Clock.NowUs());
            return true;
        }
    }
}
