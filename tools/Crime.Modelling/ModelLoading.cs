// Opens .crime files for the tools, with messages for people.

using System;
using System.IO;
using Crime.Model;

namespace Crime.Modelling;

/// <summary>Reads model files and converts trained models.</summary>
public static class ModelLoading
{
    /// <summary>Reads a <c>.crime</c> file.</summary>
    /// <exception cref="UserInputException">The file cannot be read or was refused.</exception>
    public static ModelFile Load(string path) => Parse(Read(path), path);

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
    /// <param name="path">What to call it in the message.</param>
    public static ModelFile Parse(byte[] bytes, string path)
    {
        ModelError error = ModelReader.TryRead(bytes, out ModelFile model);
        if (error != ModelError.None) throw new UserInputException($"{path}: not a usable model: {ModelErrors.Describe(error)}");
        return model;
    }

    /// <summary>A file with the float weights only: what calibration runs.</summary>
    public static ModelFile FloatOnly(TrainedModel model) => Parse(ModelFileWriter.Write(model, quantised: null), model.Name);
}
