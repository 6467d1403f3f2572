using System;
using System.Reflection;
using Crime.Kernel;
using Crime.Model;
using Crime.Packages;

namespace Crime.KernelProbe
{
    /// <summary>Runs on nanoCLR: reads a package as a board receives it, loads its assemblies, and compares kernels.</summary>
    public static class Program
    {
        private const int PieceSize = 512;
        private const int SequenceCount = 200;
        private const int StepCount = 12;

        private static long s_random = 12345;

        public static void Main()
        {
            foreach (byte[] refused in Cases.Refused()) Refuse(refused);
            Cases.RunAll();
            Console.WriteLine("PROBE END");
        }

        /// <summary>Checks one model.</summary>
        public static void Run(string name, byte[][] image, byte[][] package)
        {
            string wrong = FirstDifference(image, package);
            Console.WriteLine(wrong == null ? "KERNEL " + name + " PASS" : "KERNEL " + name + " FAIL " + wrong);
        }

        private static void Refuse(byte[] assembly)
        {
            try
            {
                Assembly.Load(assembly);
                Console.WriteLine("REFUSAL FAIL");
            }
            catch (Exception)
            {
                Console.WriteLine("REFUSAL PASS");
            }
        }

        private static string FirstDifference(byte[][] image, byte[][] pieces)
        {
            if (ModelReader.TryRead(Join(image), out ModelFile model) != ModelError.None) return "model refused";
            var reader = new KernelPackageReader(200000);
            foreach (byte[] piece in pieces)
                for (int at = 0; at < piece.Length; at += PieceSize)
                    if (reader.Feed(piece, at, Remaining(piece, at)) != KernelPackageError.None) return "package refused";
            if (!reader.IsComplete) return "package incomplete";
            KernelPackage package = reader.Package;
            Assembly last = null;
            foreach (byte[] part in package.Parts) last = Assembly.Load(part);
            var loaded = (CompiledModel)last.GetType(package.ClassName).GetConstructor(new Type[0]).Invoke(null);
            if (loaded.FixedPointChecksum != model.FixedPointChecksum()) return "other weights";
            var kernel = new NetworkKernel(model, loaded);
            var table = new NetworkKernel(model);
            if (!KernelCheck.Passes(kernel, package.Golden)) return "golden vectors";
            return FirstDifference(kernel, table, model);
        }

        private static string FirstDifference(NetworkKernel kernel, NetworkKernel table, ModelFile model)
        {
            var state = new short[kernel.State.ExportSize / 2];
            var expected = new short[state.Length];
            var values = new short[model.ValuesPerStep];
            for (int sequence = 0; sequence < SequenceCount; sequence++)
            {
                kernel.State.Reset();
                table.State.Reset();
                // From small numbers to all of 16 bits.
                int mask = (2 << (3 + sequence % 13)) - 1;
                for (int step = 0; step < StepCount; step++)
                {
                    for (int i = 0; i < values.Length; i++) values[i] = (short)((Next() & mask) - mask / 2);
                    kernel.Advance(values, 0, 1);
                    table.Advance(values, 0, 1);
                    kernel.State.CopyTo(state);
                    table.State.CopyTo(expected);
                    for (int i = 0; i < state.Length; i++)
                        if (state[i] != expected[i]) return "sequence " + sequence.ToString() + " step " + step.ToString() + " number " + i.ToString();
                }
                if (kernel.Classify() != table.Classify()) return "class of sequence " + sequence.ToString();
            }
            return kernel.Saturations.Gates == table.Saturations.Gates ? null : "saturations";
        }

        private static byte[] Join(byte[][] pieces)
        {
            int size = 0;
            foreach (byte[] piece in pieces) size += piece.Length;
            var joined = new byte[size];
            int at = 0;
            foreach (byte[] piece in pieces)
            {
                Array.Copy(piece, 0, joined, at, piece.Length);
                at += piece.Length;
            }
            return joined;
        }

        private static int Remaining(byte[] piece, int at) => piece.Length - at < PieceSize ? piece.Length - at : PieceSize;

        private static int Next()
        {
            s_random = s_random * 6364136223846793005L + 1442695040888963407L;
            return (int)(s_random >> 33);
        }
    }
}
