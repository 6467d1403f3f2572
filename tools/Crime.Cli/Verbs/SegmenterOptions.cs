// Options with which a user tries own settings of a segmenter instead of the proposed ones.

using System;
using System.CommandLine;
using Crime.Modelling;
using Crime.Modelling.Datasets;
using Crime.Modelling.Segmenting;
using Crime.Sensing;

namespace Crime.Cli.Verbs;

/// <summary>Options of a segmenter's settings.</summary>
internal sealed class SegmenterOptions
{
    private readonly Option<int?> _start = Options.OptionalNumber("--start-level", "Level from which a sequence begins.", 2, int.MaxValue);
    private readonly Option<int?> _end = Options.OptionalNumber("--end-level", "Level below which the signal rests.", 1, int.MaxValue);
    private readonly Option<int?> _span = Options.OptionalNumber("--span", "Timesteps over which the range is taken.", 2, SegmenterSettings.MostContext);
    private readonly Option<int?> _preRoll = Options.OptionalNumber("--pre-roll", "Timesteps before the movement.", 0, SegmenterSettings.MostContext);
    private readonly Option<int?> _hangOver = Options.OptionalNumber("--hang-over", "Timesteps of rest that end a sequence.", 1, SegmenterSettings.MostContext);
    private readonly Option<int?> _least = Options.OptionalNumber("--least", "Shortest sequence in timesteps.", 1, SegmenterSettings.MostLength);
    private readonly Option<int?> _greatest = Options.OptionalNumber("--greatest", "Longest sequence in timesteps.", 1, SegmenterSettings.MostLength);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option<int?> option in new[] { _start, _end, _span, _preRoll, _hangOver, _least, _greatest }) command.Options.Add(option);
    }

    /// <summary>Returns the settings that were given.</summary>
    public Given Read(ParseResult parsed)
    {
        Action<SegmenterSettings> apply = _ => { };
        bool isAny = false;
        void Add(Option<int?> option, Action<SegmenterSettings, int> set)
        {
            if (parsed.GetValue(option) is not { } value) return;
            apply += settings => set(settings, value);
            isAny = true;
        }
        Add(_start, (settings, value) => settings.StartLevel = value);
        Add(_end, (settings, value) => settings.EndLevel = value);
        Add(_span, (settings, value) => settings.Span = value);
        Add(_preRoll, (settings, value) => settings.PreRoll = value);
        Add(_hangOver, (settings, value) => settings.HangOver = value);
        Add(_least, (settings, value) => settings.LeastLength = value);
        Add(_greatest, (settings, value) => settings.GreatestLength = value);
        return new Given(parsed.GetValue(_span), parsed.GetValue(_start) != null && parsed.GetValue(_end) != null, apply) { IsAny = isAny };
    }

    /// <summary>Settings that were given.</summary>
    /// <param name="Span">The span; null when it was not given.</param>
    /// <param name="HasLevels">True when both levels were given.</param>
    /// <param name="ApplyTo">Sets them.</param>
    internal sealed record Given(int? Span, bool HasLevels, Action<SegmenterSettings> ApplyTo)
    {
        /// <summary>True when a setting was given.</summary>
        public bool IsAny { get; init; }

        /// <summary>Returns the settings for a log: those that were given, and proposed ones for the others.</summary>
        /// <exception cref="UserInputException">None can be proposed, or the settings contradict each other.</exception>
        public SegmenterSettings SettingsFor(string path, SensorLog log)
        {
            SegmenterSettings settings = Propose(path, log);
            ApplyTo(settings);
            return settings.Problem() is { } problem ? throw new UserInputException(problem) : settings;
        }

        private SegmenterSettings Propose(string path, SensorLog log)
        {
            try
            {
                return SegmenterProposal.Of(log, Span);
            }
            catch (UserInputException) when (HasLevels)
            {
                // The other settings have defaults.
                return new SegmenterSettings();
            }
            catch (UserInputException e)
            {
                throw new UserInputException($"{path}: {e.Message}; or give --start-level and --end-level", e);
            }
        }
    }
}
