// Opens .crime files for the tools, with error messages for the user.

using System;
using System.Globalization;
using System.IO;
using Crime.Bench;
using Crime.Gateway.Inference.Graphs;
using Crime.Model;

namespace Crime.Modelling.ModelFiles;

/// <summary>Reads model files and converts trained models.</summary>
public static class ModelLoading
{
    /// <summary>Reads a <c>.crime</c> file.</summary>
    /// <exception cref="UserInputException">The file cannot be read or was refused.</exception>
    public static ModelFile Load(string path) => Parse(ReadModel(path), path);

    /// <summary>Prefix of the name of a model that the bench makes: synthetic:INPUTSxHIDDEN for an LSTM, synthetic:gru:INPUTSxHIDDEN for a GRU.</summary>
    public const string Synthetic = "synthetic:";

    private const string Gru = "gru:";

    private const int MaxSyntheticSize = 64;

    /// <summary>Reads the bytes of a model file, or makes a model of the bench.</summary>
    /// <param name="path">A path, or a name that begins with <see cref="Synthetic"/>.</param>
    /// <exception cref="UserInputException">The file cannot be read.</exception>
    public static byte[] ReadModel(string path) => path.StartsWith(Synthetic, StringComparison.Ordinal) ? MakeUp(path) : Read(path);

    /// <summary>Reads the bytes of any file.</summary>
    /// <exception cref="UserInputException">The file cannot be read.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserInputException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads the bytes of a <c>.crime</c> file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="path">Name of the file in the error message.</param>
    public static ModelFile Parse(byte[] bytes, string path)
    {
        ModelError error = ModelReader.TryRead(bytes, out ModelFile model);
        if (error != ModelError.None) throw new UserInputException($"{path}: not a usable model: {ModelErrors.Describe(error)}");
        if (NetworkGraph.ProblemOf(model) is { } problem) throw new UserInputException($"{path}: not a usable model: {problem}");
        return model;
    }

    /// <summary>Returns a model with the float weights only, which a calibration runs.</summary>
    public static ModelFile FloatOnly(TrainedModel model) => Parse(ModelFileWriter.Write(model, quantised: null), model.Name);

    /// <summary>Returns the name of a model of the bench.</summary>
    /// <param name="kind">LSTM or GRU.</param>
    /// <param name="inputs">Features per timestep.</param>
    /// <param name="hidden">Hidden units.</param>
    public static string SyntheticName(CellKind kind, int inputs, int hidden) => $"{Synthetic}{(kind == CellKind.Gru ? Gru : "")}{inputs}x{hidden}";

    private static byte[] MakeUp(string name)
    {
        bool isGru = name.StartsWith(Synthetic + Gru, StringComparison.Ordinal);
        string[] sizes = name[(isGru ? Synthetic.Length + Gru.Length : Synthetic.Length)..].Split('x');
        if (sizes.Length == 2 && Size(sizes[0], out int inputs) && Size(sizes[1], out int hidden))
            return SyntheticModel.Write(isGru ? CellKind.Gru : CellKind.Lstm, inputs, hidden);
        throw new UserInputException(
            $"{name}: a model of the bench is {Synthetic}INPUTSxHIDDEN or {Synthetic}{Gru}INPUTSxHIDDEN with 1 to {MaxSyntheticSize} of each, as in {Synthetic}4x12");
    }

    private static bool Size(string text, out int size) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out size) && size is >= 1 and <= MaxSyntheticSize;
}
