// Loads the compiled kernel of a model from a package on the flash. The CLR never unloads an assembly, so a board loads at most one package
// between two starts.

using System;
using System.IO;
using System.Reflection;
using Crime.Device.Memory;
using Crime.Kernel;
using Crime.Model;
using Crime.Packages;

namespace Crime.Device.Models;

/// <summary>Loads kernels that came over the air. Used by one thread.</summary>
internal sealed class KernelLoader
{
    /// <summary>Heap that the CLR takes for a loaded assembly beside its bytes: 252 measured for one assembly, 480 for two.</summary>
    public const int AssemblySizeBytes = 260;

    private readonly MemoryPlan _memory;
    private CompiledModel _kernel;
    private GoldenVectors _golden;
    private string _message;

    /// <summary>Makes a loader that has loaded nothing.</summary>
    /// <param name="memory">Notes where memory ran out.</param>
    public KernelLoader(MemoryPlan memory) => _memory = memory;


    /// <summary>Heap in bytes that loaded assemblies take until the next start; 0 when none was loaded.</summary>
    public int LoadedSizeBytes { get; private set; }

    /// <summary>Returns what happened since the last call, for the console; null when nothing did.</summary>
    public string TakeMessage()
    {
        string message = _message;
        _message = null;
        return message;
    }

    /// <summary>Returns whether the heap holds assemblies that the board does not use. Only a restart frees them.</summary>
    /// <param name="fixedPointChecksum">That of the model in use.</param>
    public bool IsOutdated(uint fixedPointChecksum) =>
        LoadedSizeBytes > 0 && (_kernel == null || _kernel.FixedPointChecksum != fixedPointChecksum);

    /// <summary>Finds the kernel of a model: the one that is loaded already, or the one of the package on the flash.</summary>
    /// <param name="model">The model, with its weights.</param>
    /// <param name="maxSizeBytes">Heap that the assemblies may take, in bytes.</param>
    /// <returns>The kernel, which has to pass <see cref="Check"/>; null when there is none, or it cannot be loaded.</returns>
    public CompiledModel Find(ModelFile model, int maxSizeBytes)
    {
        if (LoadedSizeBytes > 0) return _kernel != null && _kernel.FixedPointChecksum == model.FixedPointChecksum() ? _kernel : null;
        try
        {
            string path = KernelStore.Find();
            KernelPackage package = path == null ? null : Read(path, model, maxSizeBytes);
            if (package == null) return null;
            KernelStore.StartTrial(path);
            Load(package);
        }
        catch (OutOfMemoryException)
        {
            _memory.OnShortage(Shortage.Package);
            Postpone();
        }
        catch (Exception e)
        {
            // The CLR refuses assemblies by exceptions of its own.
            Reject("cannot be loaded: " + e.Message);
        }
        return _kernel;
    }

    /// <summary>Compares a kernel that <see cref="Find"/> returned with its golden vectors, once, and rejects its package if it differs.</summary>
    /// <param name="kernel">The network that was built with it.</param>
    /// <returns>True when the kernel may be used.</returns>
    public bool Check(IKernel kernel)
    {
        if (_golden == null) return _kernel != null;
        GoldenVectors golden = _golden;
        _golden = null;
        try
        {
            if (KernelCheck.Passes(kernel, golden))
            {
                KernelStore.Pass();
                return true;
            }
            Reject("computes other results than its golden vectors");
        }
        catch (OutOfMemoryException)
        {
            _memory.OnShortage(Shortage.Package);
            Postpone();
        }
        catch (Exception e)
        {
            Reject("fails: " + e.Message);
        }
        _message += "; only a restart frees its " + LoadedSizeBytes.ToString() + " bytes";
        return false;
    }

    /// <summary>Rejects the package in use. The next start does not load it.</summary>
    /// <param name="reason">Why, after "the package".</param>
    public void Reject(string reason)
    {
        _kernel = null;
        _message = "the package " + reason + "; it is not used";
        try
        {
            KernelStore.Reject();
        }
        catch (Exception e)
        {
            _message += "; it could not be deleted: " + e.Message;
        }
    }

    /// <summary>Leaves the package to the next start, which has more memory.</summary>
    private void Postpone()
    {
        _kernel = null;
        _message = "the package needs more memory than is free";
        try
        {
            KernelStore.Postpone();
        }
        catch (Exception e)
        {
            _message += "; it could not be renamed: " + e.Message;
        }
    }

    /// <returns>The package, or null when it is not for the model, does not fit, or is damaged.</returns>
    private KernelPackage Read(string path, ModelFile model, int maxSizeBytes)
    {
        var reader = new KernelPackageReader(maxSizeBytes);
        KernelPackageError error = KernelPackageError.None;
        bool isForModel = true;
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Read))
        {
            var piece = new byte[FlashFile.PieceSizeBytes];
            int count = file.Read(piece, 0, piece.Length);
            while (count > 0 && error == KernelPackageError.None && isForModel)
            {
                error = reader.Feed(piece, 0, count);
                isForModel = reader.Package == null || IsFor(reader.Package, model);
                count = file.Read(piece, 0, piece.Length);
            }
        }
        if (error == KernelPackageError.None && isForModel && reader.IsComplete) return reader.Package;
        if (!isForModel) FlashFile.Delete(path);
        else if (error == KernelPackageError.TooLarge) _message = "the package needs more than the " + maxSizeBytes.ToString() + " bytes that are left for it";
        else if (error == KernelPackageError.None || error == KernelPackageError.Checksum) Discard(path);
        else Reject("is refused: " + KernelPackageErrors.Describe(error));
        return null;
    }

    /// <summary>The package was damaged here or on its way: the gateway's is good, and is downloaded again.</summary>
    private void Discard(string path)
    {
        FlashFile.Delete(path);
        _message = "the package is damaged; it is not used";
    }

    private static bool IsFor(KernelPackage package, ModelFile model) =>
        package.ModelId == model.Id && package.FixedPointChecksum == model.FixedPointChecksum();

    private void Load(KernelPackage package)
    {
        Assembly assembly = null;
        for (int part = 0; part < package.Parts.Length; part++)
        {
            LoadedSizeBytes += package.Parts[part].Length + AssemblySizeBytes;
            assembly = Assembly.Load(package.Parts[part]);
        }
        Type type = assembly.GetType(package.ClassName);
        ConstructorInfo constructor = type is null ? null : type.GetConstructor(new Type[0]);
        _kernel = constructor is null ? null : constructor.Invoke(null) as CompiledModel;
        if (_kernel == null || _kernel.FixedPointChecksum != package.FixedPointChecksum)
        {
            Reject("has no class " + package.ClassName + " for its model");
            return;
        }
        _golden = package.Golden;
        _message = package.ClassName + " loaded: " + package.PartsSizeBytes.ToString() + " bytes in " + package.Parts.Length.ToString() + " assemblies";
    }
}
