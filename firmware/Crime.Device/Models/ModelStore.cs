// The model on the board's flash. A new one is written beside the old one and checked before it takes its place: whatever
// happens to the power or the network in between, a good model remains.

using System;
using System.IO;
using Crime.Model;

namespace Crime.Device.Models;

/// <summary>Keeps one model file on the internal flash.</summary>
public static class ModelStore
{
    /// <summary>The model in use.</summary>
    public const string Path = @"I:\model.crime";

    /// <summary>A model that has not taken its place yet.</summary>
    public const string NewPath = @"I:\model.new";

    /// <summary>Reads the model.</summary>
    /// <param name="problem">Why a file was passed over, or null.</param>
    /// <returns>The model, or null when there is no good one.</returns>
    public static ModelFile Load(out string problem)
    {
        ModelFile model = Read(Path, out problem);
        if (model != null) return model;
        // The power failed between removing the old file and renaming the new one.
        ModelFile replacement = Read(NewPath, out _);
        if (replacement != null) Promote();
        return replacement;
    }

    /// <summary>Checks a model and puts it in the place of the old one.</summary>
    /// <param name="bytes">A downloaded file.</param>
    /// <param name="model">The model, or null when it was refused.</param>
    /// <returns>Why it was refused, or null.</returns>
    public static string Replace(byte[] bytes, out ModelFile model)
    {
        ModelError error = ModelReader.TryRead(bytes, out model);
        if (error != ModelError.None) return ModelErrors.Describe(error);
        try
        {
            File.WriteAllBytes(NewPath, bytes);
            // What counts is what the flash holds now.
            if (Read(NewPath, out string problem) != null)
            {
                Promote();
                return null;
            }
            return "it did not survive being written: " + problem;
        }
        catch (Exception e)
        {
            return "it could not be written: " + e.Message;
        }
    }

    private static void Promote()
    {
        if (File.Exists(Path)) File.Delete(Path);
        File.Move(NewPath, Path);
    }

    private static ModelFile Read(string path, out string problem)
    {
        problem = null;
        try
        {
            if (!File.Exists(path))
            {
                problem = "no file " + path;
                return null;
            }
            ModelError error = ModelReader.TryRead(File.ReadAllBytes(path), out ModelFile model);
            if (error == ModelError.None) return model;
            problem = path + ": " + ModelErrors.Describe(error);
        }
        catch (Exception e)
        {
            problem = path + " cannot be read: " + e.Message;
        }
        return null;
    }
}
