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

    /// <summary>Content of a file that was written during the run, in pieces.</summary>
    internal sealed class WrittenFile
    {
        private readonly ArrayList _pieces = new ArrayList();

        /// <summary>Bytes of the file.</summary>
        internal int Length { get; private set; }

        /// <summary>Piece of the file with a given index. The last piece is filled in part.</summary>
        internal byte[] Piece(int index) => (byte[])_pieces[index];

        /// <summary>Appends bytes.</summary>
        internal void Append(byte[] bytes, int offset, int count)
        {
            while (count > 0)
            {
                int start = Length % BakedFiles.PieceSize;
                if (start == 0) _pieces.Add(new byte[BakedFiles.PieceSize]);
                int n = BakedFiles.PieceSize - start;
                if (n > count) n = count;
                Array.Copy(bytes, offset, Piece(_pieces.Count - 1), start, n);
                Length += n;
                offset += n;
                count -= n;
            }
        }
    }

    /// <summary>The content of the drive.</summary>
    internal static class Drive
    {
        // Maps a path to its WrittenFile, or to s_deleted for a baked file that was deleted.
        private static readonly Hashtable s_written = new Hashtable();
        private static readonly object s_deleted = new object();

        internal static WrittenFile Written(string path) => s_written[path] as WrittenFile;

        internal static int Baked(string path) => s_written[path] == s_deleted ? -1 : BakedFiles.Find(path);

        internal static void Write(string path, WrittenFile file) => s_written[path] = file;

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
            using (var file = new FileStream(path, FileMode.Create, FileAccess.Write)) file.Write(bytes, 0, bytes.Length);
        }

        /// <summary>Deletes a file. No effect when it does not exist.</summary>
        public static void Delete(string path) => Drive.Delete(path);

        /// <summary>Renames a file.</summary>
        /// <exception cref="IOException">The new name exists, or the old name does not.</exception>
        public static void Move(string sourceFileName, string destFileName)
        {
            if (Exists(destFileName)) throw new IOException("the file exists: " + destFileName);
            WrittenFile written = Drive.Written(sourceFileName);
            if (written == null)
            {
                byte[] bytes = ReadAllBytes(sourceFileName);
                written = new WrittenFile();
                written.Append(bytes, 0, bytes.Length);
            }
            Drive.Delete(sourceFileName);
            Drive.Write(destFileName, written);
        }
    }

    /// <summary>A file that is open for reading, or for writing from its start.</summary>
    public sealed class FileStream : Stream
    {
        private readonly WrittenFile _written;
        private readonly bool _isWriting;
        private readonly int _baked = -1;
        private byte[] _piece;
        private int _pieceIndex = -1;
        private long _position;

        /// <summary>Opens a file for reading.</summary>
        public FileStream(string path, FileMode mode)
            : this(path, mode, FileAccess.Read)
        {
        }

        /// <summary>Opens a file for reading, or creates one.</summary>
        /// <exception cref="NotSupportedException">Another combination than open to read, or create to write.</exception>
        /// <exception cref="IOException">The file to read does not exist.</exception>
        public FileStream(string path, FileMode mode, FileAccess access)
        {
            _isWriting = mode == FileMode.Create && access == FileAccess.Write;
            if (!_isWriting && (mode != FileMode.Open || access != FileAccess.Read)) throw new NotSupportedException();
            Name = path;
            if (_isWriting) Drive.Write(path, new WrittenFile());
            _written = Drive.Written(path);
            if (_written == null) _baked = Drive.Baked(path);
            if (_written == null && _baked < 0) throw new IOException("no file " + path);
        }

        /// <summary>Path of the file.</summary>
        public string Name { get; }

        /// <inheritdoc/>
        public override bool CanRead => !_isWriting;

        /// <inheritdoc/>
        public override bool CanSeek => true;

        /// <inheritdoc/>
        public override bool CanWrite => _isWriting;

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
                int index = (int)_position / BakedFiles.PieceSize, start = (int)_position % BakedFiles.PieceSize;
                byte[] from = _written != null ? _written.Piece(index) : LoadPiece(index);
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
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (!_isWriting) throw new NotSupportedException();
            _written.Append(buffer, offset, count);
        }

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
