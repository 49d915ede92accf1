namespace Speech.Models.SentencePiece;

/// <summary>How text is prepared, as the file says.</summary>
public sealed record NormalizerSpec
{
    /// <summary>The rules that the character map was made from, such as <c>nmt_nfkc</c>; only for people.</summary>
    public string Name { get; init; } = "";

    /// <summary>Begin the text with a blank, so that a word at its start is the same piece as in its middle.</summary>
    public bool AddDummyPrefix { get; init; } = true;

    /// <summary>Remove blanks at both ends and all but one of those in a row.</summary>
    public bool RemoveExtraWhitespaces { get; init; } = true;

    /// <summary>Write blanks as U+2581, so that they can be part of pieces.</summary>
    public bool EscapeWhitespaces { get; init; } = true;

    /// <summary>Null when characters stay as they are.</summary>
    internal PrecompiledCharsMap? CharsMap { get; init; }

    internal static NormalizerSpec Read(ProtobufReader message, string path)
    {
        var spec = new NormalizerSpec();
        while (message.TryReadField(out var number, out var wireType))
        {
            switch (number, wireType)
            {
                case (1, ProtobufReader.LengthDelimited):
                    spec = spec with { Name = System.Text.Encoding.UTF8.GetString(message.ReadBytes()) };
                    break;
                case (2, ProtobufReader.LengthDelimited):
                    var blob = message.ReadBytes();
                    spec = spec with { CharsMap = blob.IsEmpty ? null : PrecompiledCharsMap.Read(blob, path) };
                    break;
                case (3, ProtobufReader.Varint):
                    spec = spec with { AddDummyPrefix = message.ReadBoolean() };
                    break;
                case (4, ProtobufReader.Varint):
                    spec = spec with { RemoveExtraWhitespaces = message.ReadBoolean() };
                    break;
                case (5, ProtobufReader.Varint):
                    spec = spec with { EscapeWhitespaces = message.ReadBoolean() };
                    break;
                default:
                    message.Skip(wireType);
                    break;
            }
        }

        return spec;
    }
}
