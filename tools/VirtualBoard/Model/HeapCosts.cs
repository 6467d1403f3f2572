// What the CLR and the device's libraries take from the managed heap. The virtual board does not run their code, so these are
// measured figures: nanoCLR of July 2026, 32-bit build for Linux, 110 000 bytes of managed heap, the firmware's libraries loaded, free
// bytes before and after by nanoFramework.Runtime.Native.GC.Run. ESP32 not measured.

namespace Crime.VirtualBoard.Model;

/// <summary>Bytes of the managed heap that code outside the firmware takes.</summary>
internal static class HeapCosts
{
    /// <summary>Assemblies of a started board: 20 of the CLR and of libraries, the firmware's four, and the application.</summary>
    public const int StartedAssemblies = 25;

    /// <summary>
    /// The CLR with its 20 libraries before the application's first statement: 77 580 of 110 000 bytes were free in an application of one statement,
    /// which took 216 bytes itself.
    /// </summary>
    public const int StartedLibraries = 110_000 - 77_580 - 216;

    /// <summary>
    /// Objects in static fields of the firmware: Crime.Shared took 5352 bytes, less 4784 for its tables, 140 for its record, and 72 for the fields.
    /// </summary>
    public const int StaticObjects = 356;

    /// <summary>Frames of the main thread when it waits for an answer. 8 levels of calls; a level took 204 to 229 bytes.</summary>
    public const int MainThreadFrames = 8 * 200;

    /// <summary>A running thread besides its Thread object: 635 bytes measured for one that sleeps, and two levels of calls more.</summary>
    public const int RunningThread = 635 + 2 * 200;

    /// <summary>An MqttClient that has not connected.</summary>
    public const int MqttClient = 1728;

    /// <summary>
    /// An MQTT connection with two subscriptions: four threads, the channel and its buffers. Idle 6312 measured. Collections during
    /// offloads found 1700 to 4500 bytes less free than after the last input. The least of it is the library's part: requests and answers of the
    /// firmware are counted one by one.
    /// </summary>
    public const int MqttConnection = 6312 + 1700;

    /// <summary>Heap of an HTTP exchange on average. Collections during one found 4100 to 10 400 bytes more in use than before and after it.</summary>
    public const int HttpExchange = 7250;

    /// <summary>Heap of an HTTP exchange at its peak. 304 responses succeeded with 12 504 bytes free, not with 10 464.</summary>
    public const int HttpPeak = 11_400;

    /// <summary>The buffer with which the HTTP client copies a content to a stream.</summary>
    public const int HttpPiece = 4096 + 24;

    /// <summary>Garbage of an HTTP exchange. A 304 response allocated 25 000 bytes altogether.</summary>
    public const int HttpGarbage = 17_800;

    /// <summary>Garbage of a publish at QoS 0. 400 publishes of 200 bytes: 645 to 805 each; of 20 bytes: 485 to 645.</summary>
    /// <param name="size">Bytes of payload and topic.</param>
    public static int MqttPublish(int size) => 450 + size;

    /// <summary>Garbage of a received message: 730 to 790 for 60 bytes, 1130 to 1240 for 260.</summary>
    /// <param name="size">Bytes of payload and topic.</param>
    public static int MqttReceive(int size) => 610 + 2 * size;
}
