// An empty drive I:, for a build without baked files. `crime nanoclr --bake` writes a class with the same members and with files.

namespace RealClr
{
    /// <summary>Files that are part of this assembly.</summary>
    public static class BakedFiles
    {
        /// <summary>Size of each piece in bytes, except the last piece of a file.</summary>
        public const int PieceSize = 512;

        /// <summary>Returns the index of a file; -1 when there is no such file.</summary>
        public static int Find(string path) => -1;

        /// <summary>Returns the size of a file in bytes.</summary>
        public static int Length(int file) => 0;

        /// <summary>Returns a new array with one piece of a file; null when there is no such piece.</summary>
        public static byte[] Piece(int file, int piece) => null;
    }
}
