using Speech.Tensors.Ggml;

namespace Speech.Models.Whisper;

/// <summary>
/// The byte strings of a Whisper file's text tokens; a token's id is its place. Special tokens have no bytes and lie beyond.
/// </summary>
public sealed class WhisperVocabulary
{
    private const int MaximumTokenLength = 1024;

    private readonly byte[] _bytes;
    private readonly int[] _ends;

    public WhisperVocabulary(IReadOnlyList<byte[]> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        _bytes = tokens.SelectMany(token => token).ToArray();
        _ends = new int[tokens.Count];
        var end = 0;
        for (var i = 0; i < _ends.Length; i++)
            _ends[i] = end += tokens[i].Length;
    }

    private WhisperVocabulary(byte[] bytes, int[] ends)
    {
        _bytes = bytes;
        _ends = ends;
    }

    public int Count => _ends.Length;

    public ReadOnlySpan<byte> this[int token]
    {
        get
        {
            var start = token == 0 ? 0 : _ends[token - 1];
            return _bytes.AsSpan(start, _ends[token] - start);
        }
    }

    internal static WhisperVocabulary Read(GgmlReader reader, int vocabularySize)
    {
        var ends = new int[reader.ReadInt32("the number of tokens", 1, vocabularySize)];
        var bytes = new List<byte>(8 * ends.Length);
        for (var i = 0; i < ends.Length; i++)
        {
            var length = reader.ReadInt32("the length of a token", 0, MaximumTokenLength);
            bytes.AddRange(reader.ReadBytes(length, "a token"));
            ends[i] = bytes.Count;
        }

        return new WhisperVocabulary([.. bytes], ends);
    }
}
