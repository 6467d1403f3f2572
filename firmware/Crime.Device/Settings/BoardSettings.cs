// What a person sets on a board, with defaults that work on a bench. The file is I:\crime.cfg, lines of "key=value".

using Crime.Costs;
using Crime.Mapping;
using Crime.Node;

namespace Crime.Device.Settings;

/// <summary>Purpose of a board.</summary>
internal enum BoardRole
{
    /// <summary>It classifies.</summary>
    Node = 0,

    /// <summary>It measures another board.</summary>
    Meter = 1,
}

/// <summary>State of the radio between inputs.</summary>
internal enum RadioMode
{
    /// <summary>Associated, dozing between beacons: what the stock firmware does, which has no call to change it.</summary>
    Modem = 0,

    /// <summary>Off; it comes up for an input that is sent away.</summary>
    Duty = 1,
}

/// <summary>State of the board between inputs while its radio is off.</summary>
internal enum SleepMode
{
    /// <summary>It idles.</summary>
    None = 0,

    /// <summary>Light sleep: the memory is kept.</summary>
    Light = 1,

    /// <summary>Deep sleep: the board starts anew, from a file on its flash.</summary>
    Deep = 2,
}

/// <summary>Settings of a board. Defaults are those of an ESP32-DevKitC; see hardware/esp32-devkitc/board.json.</summary>
internal sealed class BoardSettings
{
    /// <summary>Purpose of the board: it classifies, or it measures another board.</summary>
    public BoardRole Role = BoardRole.Node;

    /// <summary>Name of the board in topics; made from the board's address unless it is set.</summary>
    public string BoardId = "";

    /// <summary>Network name; empty to use the network stored in the board's configuration block.</summary>
    public string WifiSsid = "";

    /// <summary>Password of the network.</summary>
    public string WifiPassword = "";

    /// <summary>Host of the MQTT broker; empty for a board that never offloads.</summary>
    public string BrokerHost = "";

    /// <summary>TCP port of the broker.</summary>
    public int BrokerPort = 1883;

    /// <summary>User name at the broker; empty for none.</summary>
    public string BrokerUser = "";

    /// <summary>Password at the broker.</summary>
    public string BrokerPassword = "";

    /// <summary>Host of the gateway's model download; empty for <see cref="BrokerHost"/>.</summary>
    public string HttpHost = "";

    /// <summary>TCP port of the gateway's model download; 0 to keep to the model on the flash.</summary>
    public int HttpPort = 8080;

    /// <summary>Name of the model at the gateway, without ".crime".</summary>
    public string ModelName = "gestures";

    /// <summary>The objective of the mapping.</summary>
    public Objective Objective = Objective.Time;

    /// <summary>The mapping mode: the rule that maps inputs to places.</summary>
    public MappingMode Mapping = MappingMode.Auto;

    /// <summary>Messages that the board listens to: statuses and answers, answers only, or answers and slow statuses.</summary>
    public ListeningMode Listening = ListeningMode.Auto;

    /// <summary>True when a kernel compiled from the model is used where the firmware has one; otherwise weights come from tables.</summary>
    public bool UseCompiledKernel = true;

    /// <summary>Least time in ms to wait for an answer beyond the expected; a radio in modem sleep alone adds up to 102.</summary>
    public int TimeoutMarginMs = 200;

    /// <summary>Longest time in ms to wait for an answer.</summary>
    public int TimeoutMaxMs = 2000;

    /// <summary>True when the board computes an input whose answer is later than forecast; the first result counts.</summary>
    public bool Hedges = true;

    /// <summary>Quantile of the forecast's error in percent after which an answer is late.</summary>
    public int HedgeQuantile = Hedge.DefaultQuantilePercent;

    /// <summary>True when the board computes from the start where the faster place is uncertain, and where objective=time.</summary>
    public bool Races;

    /// <summary>Time in ms to wait at start for a first measured link, so that the first inputs have a choice.</summary>
    public int WaitForLinkMs = 5000;

    /// <summary>True when requests and pings carry a telemetry record of each finished inference.</summary>
    public bool Telemetry = true;

    /// <summary>File with the inputs to replay.</summary>
    public string InputsFile = @"I:\inputs.recording";

    /// <summary>Settings of results, and the rules that switch pins; null where none is set, which saves the heap.</summary>
    public ResultSettings Results;

    /// <summary>The segmenter of a live signal; null where none is set.</summary>
    public SegmentSettings Segment;

    /// <summary>Time in ms from one input to the next; 0 for back to back.</summary>
    public int InputIntervalMs;

    /// <summary>Time in ms from one timestep of an input to the next, as a sensor would give them; 0 for whole inputs at once.</summary>
    public int TimestepIntervalMs;

    /// <summary>True when the board computes the timesteps of a sensor as they come, so that a result is there one step after its input.</summary>
    public bool StreamsInputs = true;

    /// <summary>True when the tokens of outputs are handed out as they are written: a console line and an event each, from gateways as well.</summary>
    public bool StreamsOutput;

    /// <summary>Time in ms for which the result of an input may wait; 0 when it is wanted at once, <c>at-report</c> (-1) until the next report.</summary>
    public int ResultWithinMs;

    /// <summary>True when results are wanted behind the gateway: the gateway publishes them in the board's name.</summary>
    public bool ResultsAtGateway;

    /// <summary>Value of <see cref="ResultWithinMs"/> for results that may wait until the next report.</summary>
    public const int AtReport = -1;

    /// <summary>Most inputs that are kept.</summary>
    public int KeepMost = 40;

    /// <summary>Memory for kept inputs in bytes, where they are not on the flash.</summary>
    public int KeepSizeBytes = 4096;

    /// <summary>True to keep inputs on the flash: they survive a reset. A deep sleep needs it.</summary>
    public bool KeepOnFlash;

    /// <summary>Time in ms from one report to the next; 0 for none. The radio comes up for a report in any case.</summary>
    public int ReportEveryMs;

    /// <summary>State of the radio between inputs.</summary>
    public RadioMode Radio = RadioMode.Modem;

    /// <summary>State of the board between inputs; only with <see cref="RadioMode.Duty"/>.</summary>
    public SleepMode Sleep = SleepMode.None;

    /// <summary>Time in ms to bring the radio up, as a first guess.</summary>
    public int RadioUpMs = 2000;

    /// <summary>Mean power in mW while the radio comes up.</summary>
    public int RadioUpMw = 495;

    /// <summary>Minimum active time in ms: a radio in modem sleep listens for so long after it has sent or received. 0 for a radio that always listens.</summary>
    public int ListenOnMs = 50;

    /// <summary>Serial port of the console; empty for the debug channel only.</summary>
    public string ConsolePort = "COM2";

    /// <summary>Baud rate of the console.</summary>
    public int ConsoleBaud = 115200;

    /// <summary>GPIO of the console's transmit line; -1 to leave the port's default.</summary>
    public int ConsoleTxPin = 17;

    /// <summary>GPIO of the console's receive line; -1 to leave the port's default.</summary>
    public int ConsoleRxPin = 16;

    /// <summary>True when an INA219 measures the board; otherwise its energy is computed from the settings <c>power.*</c>.</summary>
    public bool Ina219;

    /// <summary>I2C address of the INA219.</summary>
    public int Ina219Address = 0x40;

    /// <summary>Shunt of the INA219 in mOhm.</summary>
    public int Ina219ShuntMilliohm = 100;

    /// <summary>Largest current in mA that the INA219 has to measure: 400 is the end of its finest range with 100 mOhm.</summary>
    public int Ina219MaxMilliampere = 400;

    /// <summary>GPIO that is up during an inference: an output of the computing board, an input of the meter; -1 for none.</summary>
    public int MeterPin = -1;

    /// <summary>The sensor; null where none is set.</summary>
    public SensorSettings Sensor;

    /// <summary>True when a sensor is set, also one that cannot be used.</summary>
    public bool HasSensor => Sensor != null && Sensor.Kind != SensorKind.None;

    /// <summary>GPIO of the I2C data line.</summary>
    public int I2cDataPin = 21;

    /// <summary>GPIO of the I2C clock line.</summary>
    public int I2cClockPin = 22;

    /// <summary>Power while computing, in mW.</summary>
    public int ComputeMw = 165;

    /// <summary>Power while waiting for an answer with the radio in modem sleep, in mW.</summary>
    public int WaitMw = 103;

    /// <summary>Power while waiting with the radio listening, in mW.</summary>
    public int ListenMw = 330;

    /// <summary>Power while transmitting, in mW.</summary>
    public int TransmitMw = 627;

    /// <summary>Power while idle with the radio off, in mW.</summary>
    public int RadioOffMw = 99;

    /// <summary>Power in light sleep, in mW.</summary>
    public int LightSleepMw = 3;

    /// <summary>Time of the MQTT client to send a message, in µs.</summary>
    public int MqttSendUs = 368;

    /// <summary>Time of the MQTT client to receive a message, in µs.</summary>
    public int MqttReceiveUs = 374;

    /// <summary>Air time per byte, in ns.</summary>
    public int TransmitNsPerByte = 1600;

    /// <summary>Air time per message apart from its bytes, in µs.</summary>
    public int TransmitOverheadUs = 300;

    /// <summary>True when the radio is off between inputs.</summary>
    public bool IsDutyCycled => Radio == RadioMode.Duty && BrokerHost.Length > 0;

    /// <summary>True when results may wait.</summary>
    public bool KeepsInputs => IsDutyCycled && ResultWithinMs != 0;

    /// <summary>True when the board has a table of inputs, or of results, that wait for a gateway.</summary>
    public bool UsesKeptInputs => KeepsInputs || ResultsAtGateway;

    /// <summary>Makes the schedule of a radio that is off between inputs.</summary>
    /// <param name="power">The power numbers.</param>
    /// <param name="nowUs">The time in µs: the first report is one interval later.</param>
    public RadioSchedule Schedule(PowerProfile power, long nowUs)
    {
        long reportEveryUs = ReportEveryMs * 1000L;
        return new RadioSchedule(new RadioCost(RadioUpMs * 1000, power.WakeMw), reportEveryUs, nowUs + reportEveryUs);
    }

    /// <summary>The idle baseline in mW: the power of the board between inputs.</summary>
    public int IdleMw
    {
        get
        {
            if (BrokerHost.Length == 0) return RadioOffMw;
            if (!IsDutyCycled) return WaitMw;
            return Sleep == SleepMode.None ? RadioOffMw : Sleep == SleepMode.Light ? LightSleepMw : 0;
        }
    }

    /// <summary>The power numbers together, above the idle baseline.</summary>
    public PowerProfile Power() => new PowerProfile
    {
        ComputeMw = ComputeMw, WaitMw = WaitMw, TransmitMw = TransmitMw, ListenMw = ListenMw, WakeMw = RadioUpMw, SendUs = MqttSendUs,
        ReceiveUs = MqttReceiveUs, TransmitNsPerByte = TransmitNsPerByte, TransmitOverheadUs = TransmitOverheadUs, MinActiveUs = ListenOnMs * 1000,
    }.SubtractIdle(IdleMw);
}
