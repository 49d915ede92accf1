using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Speech.Tensors;

namespace Speech.Models.SentencePiece;

/// <summary>
/// A SentencePiece model file: its pieces and how it prepares and divides text. <see cref="SentencePieceProcessor"/> uses it.
/// </summary>
/// <remarks>Source: google/sentencepiece, <c>sentencepiece_model.proto</c> and <c>model_interface.cc</c>.</remarks>
public sealed class SentencePieceModel
{
    /// <summary>NLLB's has 5 MB for 256,000 pieces, about 2 MB of it their text.</summary>
    private const int MaximumFileLength = 32 << 20;
    private const int MaximumPieces = 1 << 21;
    private const int MaximumTextLength = 8 << 20;

    /// <summary>In bytes. Walks over pieces are at most this long, so that a text takes linear time.</summary>
    private const int MaximumPieceLength = 1024;

    private readonly List<byte> _text = [];
    private readonly List<int> _ends = [];
    private readonly List<float> _scores = [];
    private readonly List<PieceType> _types = [];
    private readonly int[] _byteIds = new int[256];

    private SentencePieceModel(ReadOnlySpan<byte> file, string path)
    {
        Path = path;
        _byteIds.AsSpan().Fill(-1);
        var reader = new ProtobufReader(file, path);
        while (reader.TryReadField(out var number, out var wireType))
        {
            switch (number, wireType)
            {
                case (1, ProtobufReader.LengthDelimited):
                    AddPiece(reader.ReadMessage());
                    break;
                case (2, ProtobufReader.LengthDelimited):
                    Trainer = TrainerSpec.Read(reader.ReadMessage(), path);
                    break;
                case (3, ProtobufReader.LengthDelimited):
                    Normalizer = NormalizerSpec.Read(reader.ReadMessage(), path);
                    break;
                case (5, ProtobufReader.LengthDelimited):
                    Denormalizer = NormalizerSpec.Read(reader.ReadMessage(), path);
                    break;
                default:
                    reader.Skip(wireType);
                    break;
            }
        }

        CheckPieces();
        Pieces = new PieceTrie(this, type => type is PieceType.Normal or PieceType.UserDefined or PieceType.Unused);
        UserDefinedPieces = _types.Contains(PieceType.UserDefined) ? new PieceTrie(this, type => type is PieceType.UserDefined) : null;
    }

    public string Path { get; }

    /// <summary>The number of pieces; ids run from 0 to one less.</summary>
    public int Count => _ends.Count;

    public int UnknownId { get; private set; } = -1;

    public TrainerSpec Trainer { get; } = new();

    public NormalizerSpec Normalizer { get; } = new();

    /// <summary>What is done to decoded text; null for nothing.</summary>
    public NormalizerSpec? Denormalizer { get; }

    /// <summary>All pieces that text can be divided into.</summary>
    internal PieceTrie Pieces { get; }

    /// <summary>Null when there are none.</summary>
    internal PieceTrie? UserDefinedPieces { get; }

    /// <exception cref="ModelFileException">The file is missing, unreadable, damaged, or of a kind that is not supported.</exception>
    public static SentencePieceModel Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new SentencePieceModel(ModelFolderFile.Read(path, MaximumFileLength), path);
    }

    /// <param name="file">The whole file.</param>
    /// <param name="path">What to call it in errors.</param>
    /// <exception cref="ModelFileException">The file is damaged, or of a kind that is not supported.</exception>
    public static SentencePieceModel Parse(ReadOnlySpan<byte> file, string path)
    {
        if (file.Length > MaximumFileLength)
            throw ModelFolderFile.TooLarge(path, file.Length, MaximumFileLength);
        return new SentencePieceModel(file, path);
    }

    public PieceType TypeOf(int id) => _types[id];

    /// <summary>A merge's priority (BPE) or a piece's log-probability (unigram).</summary>
    public float Score(int id) => _scores[id];

    public string Piece(int id) => Encoding.UTF8.GetString(PieceBytes(id));

    /// <summary>A piece in UTF-8.</summary>
    public ReadOnlySpan<byte> PieceBytes(int id)
    {
        var start = id == 0 ? 0 : _ends[id - 1];
        return CollectionsMarshal.AsSpan(_text)[start.._ends[id]];
    }

    /// <summary>The id of the piece that stands for one byte, or -1.</summary>
    internal int ByteId(byte value) => _byteIds[value];

    /// <summary>The byte that a byte piece stands for.</summary>
    internal byte ByteOf(int id) => (byte)Array.IndexOf(_byteIds, id);

    internal ModelFileException Error(string problem) =>
        new(Path, $"{problem}; it is damaged or no SentencePiece model, download it again.");

    private void AddPiece(ProtobufReader message)
    {
        var id = Count;
        var score = 0f;
        var type = PieceType.Normal;
        var text = default(ReadOnlySpan<byte>);
        while (message.TryReadField(out var number, out var wireType))
        {
            switch (number, wireType)
            {
                case (1, ProtobufReader.LengthDelimited):
                    text = message.ReadBytes();
                    break;
                case (2, ProtobufReader.Fixed32):
                    score = message.ReadSingle();
                    break;
                case (3, ProtobufReader.Varint):
                    var value = message.ReadVarint();
                    type = value is >= 1 and <= 6 ? (PieceType)value : throw Error($"piece {id} has the unknown type {value}");
                    break;
                default:
                    message.Skip(wireType);
                    break;
            }
        }

        if (id == MaximumPieces)
            throw Error($"it has more than {MaximumPieces} pieces");
        if (text.Length is 0 or > MaximumPieceLength)
            throw Error($"piece {id} has {text.Length} bytes, expected 1..{MaximumPieceLength}");
        if (!Utf8.IsValid(text) || text.Contains((byte)0))
            throw Error($"piece {id} is not text");
        if (!float.IsFinite(score))
            throw Error($"the score of piece {id} is {score.ToString(CultureInfo.InvariantCulture)}");

        if (_text.Count + text.Length > MaximumTextLength)
            throw Error($"its pieces have more than {MaximumTextLength} bytes");

        _text.AddRange(text);
        _ends.Add(_text.Count);
        _scores.Add(score);
        _types.Add(type);
        if (type == PieceType.Unknown)
            UnknownId = UnknownId < 0 ? id : throw Error($"pieces {UnknownId} and {id} are both the unknown piece");
        if (type == PieceType.Byte)
            AddByte(id, text);
    }

    private void AddByte(int id, ReadOnlySpan<byte> text)
    {
        var isByte = text.Length == 6 && text.StartsWith("<0x"u8) && text[5] == '>';
        if (!byte.TryParse(isByte ? text[3..5] : [], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            throw Error($"piece {id} stands for a byte but is '{Encoding.UTF8.GetString(text)}', expected such as '<0x41>'");
        _byteIds[value] = _byteIds[value] < 0 ? id : throw Error($"pieces {_byteIds[value]} and {id} stand for the same byte");
    }

    private void CheckPieces()
    {
        if (Count == 0)
            throw Error("it has no pieces");
        if (UnknownId < 0)
            throw Error("it has no unknown piece");
        var missing = Array.IndexOf(_byteIds, -1);
        if (Trainer.ByteFallback && missing >= 0)
            throw Error($"it falls back to bytes but has no piece for the byte {missing:x2}");
        if (!Trainer.ByteFallback && Array.Exists(_byteIds, id => id >= 0))
            throw Error("it has pieces for bytes but does not fall back to them");
    }
}
