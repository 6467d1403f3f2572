// Files of drive I: as source code: a nanoCLR on a host has no drive, so the files become part of an assembly that the build compiles.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Crime.Cli.Flashing;
using Crime.Modelling;

namespace Crime.Cli.Bench;

/// <summary>Writes the class BakedFiles of tests/RealClr/RealClr.Files.</summary>
internal static class FileBaker
{
    private const int PieceSize = 512;

    // An assembly of nanoFramework holds 64 KiB of array data. A quarter is left for the headers of the arrays and for the code.
    private const int MaxPieces = 48 * 1024 / PieceSize;

    // A switch has 255 cases at most, and its branches cover 32 KiB of code at most.
    private const int PiecesPerMethod = 48;

    /// <summary>Returns the source code of a class that holds the files.</summary>
    /// <param name="files">The files; they are read in pieces of 512 bytes.</param>
    /// <exception cref="UserInputException">The files do not fit one assembly.</exception>
    public static string Bake(IReadOnlyList<DriveFile> files)
    {
        byte[][] pieces = files.SelectMany(file => file.Content.Chunk(PieceSize)).ToArray();
        if (pieces.Length > MaxPieces)
            throw new UserInputException(
                $"the files take {files.Sum(file => file.Content.Length)} bytes; an assembly has room for {MaxPieces * PieceSize}: give a shorter recording");
        var code = new StringBuilder();
        code.Append("// Written by `crime nanoclr --bake`. It may hold the password of a network.\n\nnamespace RealClr\n{\n");
        code.Append("    /// <summary>Files that are part of this assembly.</summary>\n    public static class BakedFiles\n    {\n");
        code.Append("        /// <summary>Size of each piece in bytes, except the last piece of a file.</summary>\n");
        code.Append(CultureInfo.InvariantCulture, $"        public const int PieceSize = {PieceSize};\n");
        AppendTable(code, files);
        AppendDispatch(code, pieces.Length);
        for (int first = 0; first < pieces.Length; first += PiecesPerMethod) AppendPieces(code, pieces, first);
        return code.Append("    }\n}\n").ToString();
    }

    private static void AppendTable(StringBuilder code, IReadOnlyList<DriveFile> files)
    {
        code.Append("\n        /// <summary>Returns the index of a file; -1 when there is no such file.</summary>\n");
        code.Append("        public static int Find(string path)\n        {\n");
        for (int i = 0; i < files.Count; i++)
            code.Append(CultureInfo.InvariantCulture, $"            if (path == @\"{files[i].Path.Replace("\"", "\"\"", StringComparison.Ordinal)}\") return {i};\n");
        code.Append("            return -1;\n        }\n");
        code.Append("\n        /// <summary>Returns the size of a file in bytes.</summary>\n        public static int Length(int file)\n        {\n");
        for (int i = 0; i < files.Count; i++) code.Append(CultureInfo.InvariantCulture, $"            if (file == {i}) return {files[i].Content.Length};\n");
        code.Append("            return 0;\n        }\n\n        private static int First(int file)\n        {\n");
        int first = 0;
        for (int i = 0; i < files.Count; i++)
        {
            code.Append(CultureInfo.InvariantCulture, $"            if (file == {i}) return {first};\n");
            first += PiecesOf(files[i]);
        }
        code.Append("            return 0;\n        }\n");
    }

    private static int PiecesOf(DriveFile file) => (file.Content.Length + PieceSize - 1) / PieceSize;

    private static void AppendDispatch(StringBuilder code, int count)
    {
        code.Append("\n        /// <summary>Returns a new array with one piece of a file; null when there is no such piece.</summary>\n");
        code.Append("        public static byte[] Piece(int file, int piece)\n        {\n            int index = First(file) + piece;\n");
        for (int first = 0; first < count; first += PiecesPerMethod)
            code.Append(CultureInfo.InvariantCulture, $"            if (index < {Math.Min(first + PiecesPerMethod, count)}) return Pieces{first}(index);\n");
        code.Append("            return null;\n        }\n");
    }

    private static void AppendPieces(StringBuilder code, byte[][] pieces, int first)
    {
        code.Append(CultureInfo.InvariantCulture, $"\n        private static byte[] Pieces{first}(int index)\n        {{\n            switch (index)\n            {{\n");
        for (int i = first; i < Math.Min(first + PiecesPerMethod, pieces.Length); i++)
        {
            code.Append(CultureInfo.InvariantCulture, $"                case {i}:\n                    return new byte[]\n                    {{\n");
            foreach (byte[] line in pieces[i].Chunk(32)) code.Append("                        ").AppendJoin(", ", line).Append(",\n");
            code.Append("                    };\n");
        }
        code.Append("                default:\n                    return null;\n            }\n        }\n");
    }
}
