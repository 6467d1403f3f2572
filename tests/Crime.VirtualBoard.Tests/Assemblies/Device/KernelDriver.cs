using System;
using System.Reflection;
using Crime.Kernel;
using Crime.Model;
using Crime.Packages;

namespace Crime.KernelDriver
{
    /// <summary>Device code that tests drive: it loads assemblies and steps kernels as a board does.</summary>
    public static class Driver
    {
        /// <summary>Loads the kernel of a package and runs its golden vectors.</summary>
        /// <returns>A CompiledModel; null when the kernel does not pass.</returns>
        public static object LoadPackage(byte[] image, byte[] bytes)
        {
            ModelReader.TryRead(image, out ModelFile model);
            var reader = new KernelPackageReader(200000);
            if (reader.Feed(bytes, 0, bytes.Length) != KernelPackageError.None || !reader.IsComplete) return null;
            KernelPackage package = reader.Package;
            Assembly last = null;
            foreach (byte[] part in package.Parts) last = Assembly.Load(part);
            var compiled = (CompiledModel)last.GetType(package.ClassName).GetConstructor(new Type[0]).Invoke(null);
            return KernelCheck.Passes(new NetworkKernel(model, compiled), package.Golden) ? compiled : null;
        }

        /// <summary>Makes the kernel of a model; table-driven without compiled code.</summary>
        public static object NewKernel(byte[] image, object compiled)
        {
            ModelReader.TryRead(image, out ModelFile model);
            return compiled == null ? new NetworkKernel(model) : new NetworkKernel(model, (CompiledModel)compiled);
        }

        /// <summary>True when a kernel runs compiled code.</summary>
        public static bool IsCompiled(object kernel) => ((NetworkKernel)kernel).IsCompiled;

        /// <summary>Advances a kernel.</summary>
        public static void Advance(object kernel, short[] values, int count) => ((NetworkKernel)kernel).Advance(values, 0, count);

        /// <summary>State, logits, class and saturations, in this order.</summary>
        public static int[] Read(object kernel)
        {
            var network = (NetworkKernel)kernel;
            var state = new short[network.State.ExportSize / 2];
            network.State.CopyTo(state);
            int decided = network.Classify();
            var all = new int[state.Length + network.Logits.Length + 3];
            for (int i = 0; i < state.Length; i++) all[i] = state[i];
            for (int i = 0; i < network.Logits.Length; i++) all[state.Length + i] = network.Logits[i];
            all[all.Length - 3] = decided;
            all[all.Length - 2] = network.Saturations.Gates;
            all[all.Length - 1] = network.Saturations.Cells;
            return all;
        }

        /// <summary>Sets a kernel's state to zero.</summary>
        public static void Reset(object kernel) => ((NetworkKernel)kernel).State.Reset();

        /// <summary>Loads an assembly.</summary>
        /// <returns>Name of the exception; null for none.</returns>
        public static string Refusal(byte[] assembly)
        {
            try
            {
                Assembly.Load(assembly);
                return null;
            }
            catch (Exception e)
            {
                return e.GetType().FullName;
            }
        }

        /// <summary>Loads an assembly out of an array of the board's heap, which nothing else refers to afterwards, and makes one object.</summary>
        public static object LoadCopy(byte[] assembly, string className)
        {
            var copy = new byte[assembly.Length];
            Array.Copy(assembly, 0, copy, 0, copy.Length);
            Assembly loaded = Assembly.Load(copy);
            return className == null ? null : Make(loaded, className);
        }

        /// <summary>Makes an object of a loaded class; null where there is no such class.</summary>
        public static object Make(Assembly loaded, string className)
        {
            Type type = loaded.GetType(className);
            return type == null ? null : type.GetConstructor(new Type[0]).Invoke(null);
        }

        /// <summary>The checksum of a compiled model.</summary>
        public static uint Checksum(object compiled) => ((CompiledModel)compiled).FixedPointChecksum;
    }
}
