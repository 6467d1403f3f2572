using System;
using System.IO;

namespace Crime.Gateway.Tests.Running;

/// <summary>A folder with models that is deleted afterwards.</summary>
internal sealed class ModelFolder : IDisposable
{
    public ModelFolder(params (string Name, byte[] Content)[] files)
    {
        Path = Directory.CreateTempSubdirectory("crime-models-").FullName;
        foreach (var (name, content) in files) File.WriteAllBytes(System.IO.Path.Combine(Path, name), content);
    }

    public string Path { get; }

    /// <summary>The three models that most tests serve.</summary>
    public static ModelFolder Usual() =>
        new(("features.crime", TestModels.Features), ("tokens.crime", TestModels.Tokens), ("slow.crime", TestModels.Slow));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
