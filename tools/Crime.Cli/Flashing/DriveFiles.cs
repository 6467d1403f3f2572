// Files for drive I: of a board, checked as far as it can be done without a board: a board that cannot read them must not get them.

using System.Collections;
using System.Collections.Generic;
using System.Text;
using Crime.Device.Models;
using Crime.Device.Settings;
using Crime.Gateway.Inference;
using Crime.Modelling;
using Crime.Modelling.ModelFiles;
using Crime.Recordings;

namespace Crime.Cli.Flashing;

/// <summary>A file for drive I:.</summary>
/// <param name="Path">Path on the board.</param>
/// <param name="Content">Bytes on the board.</param>
internal sealed record DriveFile(string Path, byte[] Content);

/// <summary>Reads and checks files for drive I:.</summary>
internal static class DriveFiles
{
    /// <summary>Reads the files that are given.</summary>
    /// <param name="settingsPath">Settings file; null for none.</param>
    /// <param name="modelPath">Model file; null for none. The float weights are left out.</param>
    /// <param name="inputsPath">Recording; null for none.</param>
    /// <exception cref="UserInputException">A file is missing, or a board would not understand it.</exception>
    public static IReadOnlyList<DriveFile> Read(string? settingsPath, string? modelPath, string? inputsPath)
    {
        var files = new List<DriveFile>();
        if (settingsPath != null) files.Add(new DriveFile(SettingsFile.Path, Settings(settingsPath)));
        if (modelPath != null) files.Add(new DriveFile(ModelStore.Path, Model(modelPath)));
        if (inputsPath != null) files.Add(new DriveFile(new BoardSettings().InputsFile, Inputs(inputsPath)));
        return files;
    }

    private static byte[] Settings(string path)
    {
        byte[] bytes = ModelLoading.Read(path);
        var remarks = new ArrayList();
        SettingsFile.Parse(Encoding.UTF8.GetString(bytes), remarks);
        if (remarks.Count > 0) throw new UserInputException($"{path}: the board would say: {remarks[0]}");
        return bytes;
    }

    private static byte[] Model(string path)
    {
        byte[] bytes = ModelLoading.Read(path);
        if (!ModelLoading.Parse(bytes, path).HasFixedPoint) throw new UserInputException($"{path}: it has no weights for boards");
        return ModelContainer.BoardImage(bytes);
    }

    private static byte[] Inputs(string path)
    {
        byte[] bytes = ModelLoading.Read(path);
        if (bytes.Length < RecordingFormat.HeaderSize || !new RecordingHeader().Decode(bytes)) throw new UserInputException($"{path}: not a recording");
        return bytes;
    }
}
