// Passwords are stored as salted PBKDF2-HMAC-SHA256 (RFC 8018). They are random numbers of 160 bits and not words, so no number of iterations has to make up for
// a weak one: 10 000 iterations cost a Raspberry Pi a few milliseconds, and hundreds of boards that connect again at once do not keep it busy.

using System;
using System.Security.Cryptography;
using System.Text;

namespace Crime.Gateway.Access;

/// <summary>The stored form of a password.</summary>
/// <param name="Salt">Random bytes, <see cref="SaltSize"/> of them.</param>
/// <param name="Iterations">Iterations of PBKDF2, from <see cref="FewestIterations"/> to <see cref="MostIterations"/>.</param>
/// <param name="Hash">The derived bytes, <see cref="HashSize"/> of them.</param>
public sealed record SecretHash(byte[] Salt, int Iterations, byte[] Hash)
{
    /// <summary>Bytes of a salt.</summary>
    public const int SaltSize = 16;

    /// <summary>Bytes of a hash.</summary>
    public const int HashSize = 32;

    /// <summary>Fewest iterations that a file may name.</summary>
    public const int FewestIterations = 1000;

    /// <summary>Most iterations that a file may name: a check has to end.</summary>
    public const int MostIterations = 10_000_000;

    /// <summary>Longest password in letters that is checked. A longer one is wrong.</summary>
    public const int LongestPassword = 128;

    private const int NewIterations = 10_000;
    private const int PasswordSize = 20;

    /// <summary>Makes a password: 160 random bits as 40 hexadecimal digits, which every console and settings line takes.</summary>
    public static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordSize));

    /// <summary>Hashes a password with a new salt.</summary>
    /// <param name="password">The password.</param>
    public static SecretHash Of(string password)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltSize);
        return new SecretHash(salt, NewIterations, Derive(password, salt, NewIterations));
    }

    /// <summary>Returns true for the password that was hashed. Takes the same time for every wrong one.</summary>
    /// <param name="password">A password as a client gives it.</param>
    public bool Matches(string password) =>
        password.Length <= LongestPassword && CryptographicOperations.FixedTimeEquals(Derive(password, Salt, Iterations), Hash);

    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, HashSize);
}
