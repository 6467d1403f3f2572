// Stand-in for drive I: on a host. Files that were baked into RealClr.Files are read in pieces, so an open file takes as little of the
// managed heap as on a board. Written files stay on the managed heap until the end of the run; a board keeps them on its flash.

using System.Collections;
using System.Text;
using RealClr;

namespace System.IO
{
    /// <summary>How a file is opened.</summary>
    public enum FileMode
    {
        /// <summary>Creates a file that must not exist.</summary>
        CreateNew = 1,

        /// <summary>Creates a file.</summary>
        Create = 2,

        /// <summary>Opens a file that exists.</summary>
        Open = 3,

        /// <summary>Opens a file, or creates it.</summary>
        OpenOrCreate = 4,

        /// <summary>Opens a file and removes its content.</summary>
        Truncate = 5,

        /// <summary>Opens a file at its end.</summary>
        Append = 6,
    }

    /// <summary>Access to an open file.</summary>
    public enum FileAccess
    {
        /// <summary>Reading.</summary>
        Read = 1,

        /// <summary>Writing.</summary>
        Write = 2,

        /// <summary>Reading and writing.</summary>
        ReadWrite = 3,
    }

    /// <summary>The content of the drive.</summary>
    internal static class Drive
    {
        // Maps a path to byte[], or to s_deleted for a baked file that was deleted.
        private static readonly Hashtable s_written = new Hashtable();
        private static readonly object s_deleted = new object();

        internal static byte[] Written(string path) => s_written[path] as byte[];

        internal static int Baked(string path) => s_written[path] == s_deleted ? -1 : BakedFiles.Find(path);

        internal static void Write(string path, byte[] bytes) => s_written[path] = bytes;

        internal static void Delete(string path)
        {
            if (BakedFiles.Find(path) >= 0) s_written[path] = s_deleted;
            else s_written.Remove(path);
        }
    }

    /// <summary>Operations on whole files.</summary>
    public static class File
    {
        /// <summary>Returns whether the file exists.</summary>
        public static bool Exists(string path) => Drive.Written(path) != null || Drive.Baked(path) >= 0;

        /// <summary>Returns all bytes of a file.</summary>
        /// <exception cref="IOException">The file does not exist.</exception>
        public static byte[] ReadAllBytes(string path)
        {
            using (var file = new FileStream(path, FileMode.Open, FileAccess.Read))
            {
                var bytes = new byte[(int)file.Length];
                file.Read(bytes, 0, bytes.Length);
                return bytes;
            }
        }

        /// <summary>Returns a file as text.</summary>
        /// <exception cref="IOException">The file does not exist.</exception>
        public static string ReadAllText(string path)
        {
            byte[] bytes = ReadAllBytes(path);
            return Encoding.UTF8.GetString(bytes, 0, bytes.Length);
        }

        /// <summary>Writes a file, or replaces it.</summary>
        public static void WriteAllBytes(string path, byte[] bytes)
        {
            var copy = new byte[bytes.Length];
            Array.Copy(bytes, copy, bytes.Length);
            Drive.Write(path, copy);
        }

        /// <summary>Deletes a file. No effect when it does not exist.</summary>
        public static void Delete(string path) => Drive.Delete(path);

        /// <summary>Renames a file.</summary>
        /// <exception cref="IOException">The new name exists, or the old name does not.</exception>
        public static void Move(string sourceFileName, string destFileName)
        {
            if (Exists(destFileName)) throw new IOException("the file exists: " + destFileName);
            byte[] bytes = Drive.Written(sourceFileName);
            if (bytes == null) bytes = ReadAllBytes(sourceFileName);
            Drive.Delete(sourceFileName);
            Drive.Write(destFileName, bytes);
        }
    }

    /// <summary>A file that is open for reading.</summary>
    public sealed class FileStream : Stream
    {
        private readonly byte[] _written;
        private readonly int _baked = -1;
        private byte[] _piece;
        private int _pieceIndex = -1;
        private long _position;

        /// <summary>Opens a file for reading.</summary>
        public FileStream(string path, FileMode mode)
            : this(path, mode, FileAccess.Read)
        {
        }

        /// <summary>Opens a file for reading.</summary>
        /// <exception cref="NotSupportedException">Another mode or access than open and read.</exception>
        /// <exception cref="IOException">The file does not exist.</exception>
        public FileStream(string path, FileMode mode, FileAccess access)
        {
            if (mode != FileMode.Open || access != FileAccess.Read) throw new NotSupportedException();
            Name = path;
            _written = Drive.Written(path);
            if (_written == null) _baked = Drive.Baked(path);
            if (_written == null && _baked < 0) throw new IOException("no file " + path);
        }

        /// <summary>Path of the file.</summary>
        public string Name { get; }

        /// <inheritdoc/>
        public override bool CanRead => true;

        /// <inheritdoc/>
        public override bool CanSeek => true;

        /// <inheritdoc/>
        public override bool CanWrite => false;

        /// <inheritdoc/>
        public override long Length => _written != null ? _written.Length : BakedFiles.Length(_baked);

        /// <inheritdoc/>
        public override long Position
        {
            get => _position;
            set => _position = value;
        }

        /// <inheritdoc/>
        public override int Read(byte[] buffer, int offset, int count)
        {
            int left = (int)(Length - _position);
            if (count > left) count = left;
            int done = 0;
            while (done < count)
            {
                byte[] from = _written;
                int start = (int)_position;
                if (from == null)
                {
                    from = LoadPiece(start / BakedFiles.PieceSize);
                    start %= BakedFiles.PieceSize;
                }
                int n = count - done;
                if (n > from.Length - start) n = from.Length - start;
                Array.Copy(from, start, buffer, offset + done, n);
                done += n;
                _position += n;
            }
            return done;
        }

        /// <inheritdoc/>
        public override int Read(SpanByte buffer)
        {
            var bytes = new byte[buffer.Length];
            int count = Read(bytes, 0, bytes.Length);
            for (int i = 0; i < count; i++) buffer[i] = bytes[i];
            return count;
        }

        /// <inheritdoc/>
        public override long Seek(long offset, SeekOrigin origin)
        {
            _position = offset + (origin == SeekOrigin.Begin ? 0 : origin == SeekOrigin.Current ? _position : Length);
            return _position;
        }

        /// <inheritdoc/>
        public override void SetLength(long value) => throw new NotSupportedException();

        /// <inheritdoc/>
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        /// <inheritdoc/>
        public override void Flush()
        {
        }

        // The old piece is released first: the heap holds one piece of an open file.
        private byte[] LoadPiece(int index)
        {
            if (index != _pieceIndex)
            {
                _piece = null;
                _piece = BakedFiles.Piece(_baked, index);
                _pieceIndex = index;
            }
            return _piece;
        }
    }
}
