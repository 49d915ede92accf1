using System.Buffers;
using System.Buffers.Binary;
using Speech.Audio.Pcm;
using Speech.Audio.Streams;

namespace Speech.Audio.Wav;

/// <summary>
/// Reads a WAV file as mono samples (its channels mixed by <see cref="ChannelMixer"/>) at its own rate. A WAV file is a RIFF chunk holding
/// chunks (four letters, 32-bit length, data, a pad byte after odd lengths), of which <c>fmt </c> and <c>data</c> matter; others are passed
/// over. RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088) are the same for more than 4 GB: lengths are 0xFFFFFFFF, and a chunk
/// <c>ds64</c> in front has them in 64 bits. Writers that cannot seek leave a length that stands for none (0, 0xFFFFFFFF, or about 2 GB):
/// then the data end with the file.
/// </summary>
public sealed class WavReader
{
    public const int MaxChannels = 64;

    private const int FormatPcm = 1;
    private const int FormatFloat = 3;
    private const int FormatALaw = 6;
    private const int FormatMuLaw = 7;
    private const int FormatExtensible = 0xFFFE;

    private const string Supported =
        "PCM of 8, 16, 24, 32 bit, float of 32, 64 bit, µ-law and A-law are. Others can be converted: ffmpeg -i FILE -ac 1 -ar 16000 out.wav";

    private readonly Stream _stream;
    private readonly long _dataBytes;
    private readonly ChannelMixer _mixer;
    private readonly FloatScale _scale = new();
    private long _readBytes;

    private WavReader(Stream stream, WavFormat format, long? dataBytes)
    {
        _stream = stream;
        Format = format;
        _mixer = new ChannelMixer(format.Channels, format.SampleRate);
        _dataBytes = dataBytes ?? long.MaxValue;
        Frames = dataBytes / format.FrameBytes;
    }

    public WavFormat Format { get; }

    /// <summary>Samples per channel according to the header; null if it does not say. A truncated file has fewer.</summary>
    public long? Frames { get; }

    /// <summary>The file ended before the header's length, or in the middle of a sample.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>What was found wrong with the samples so far.</summary>
    public AudioFault Faults =>
        (_mixer.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None) | (
            _scale.IsInteger ? AudioFault.IntegerScale : AudioFault.None);

    // {xxxx0000-0000-0010-8000-00AA00389B71} and {xxxx0000-0721-11D3-8644-C8C1CA000000}, from the third byte on.
    private static ReadOnlySpan<byte> OldTags => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

    private static ReadOnlySpan<byte> AmbisonicTags => [0, 0, 0x21, 0x07, 0xd3, 0x11, 0x86, 0x44, 0xc8, 0xc1, 0xca, 0, 0, 0];

    /// <summary>Reads the header, up to the first sample.</summary>
    /// <param name="stream">Need not be seekable; stays the caller's.</param>
    /// <exception cref="AudioFormatException">Not a WAV file, or of an unsupported kind.</exception>
    public static WavReader Open(Stream stream)
    {
        Span<byte> riff = stackalloc byte[12];
        var read = stream.ReadAtLeast(riff, riff.Length, throwOnEndOfStream: false);
        if (read < riff.Length || !IsRiff(riff) || !riff[8..].SequenceEqual("WAVE"u8))
            throw new AudioFormatException("Not a WAV file: it does not begin with RIFF (or RF64, BW64) and WAVE.");

        WavFormat? format = null;
        long? longDataBytes = null;
        var chunks = new WavChunks(stream);
        while (chunks.TryNext(out var name, out var length))
        {
            switch (name)
            {
                case "data":
                    if (format is not { } known)
                        throw new AudioFormatException("The WAV file's data come before their format.");
                    return new WavReader(stream, known, length == uint.MaxValue ? longDataBytes : IsPlaceholder(length) ? null : length);
                case "fmt ":
                    format = ReadFormat(chunks, length);
                    break;
                case "ds64":
                    longDataBytes = ReadLongLength(chunks, length);
                    break;
                default:
                    chunks.Skip(length);
                    break;
            }
        }
        throw new AudioFormatException(format is null ? "The WAV file has no format chunk." : "The WAV file has no data chunk.");
    }

    /// <summary>Reads the next samples; of a live stream as soon as there are any.</summary>
    /// <returns>How many; 0 at the end.</returns>
    public int Read(Span<float> mono)
    {
        const int BlockBytes = 16 * 1024;
        var (bytesPerSample, channels) = (Format.Samples.BytesPerSample(), Format.Channels);
        // At least one frame fits: 64 channels of 8 bytes.
        var blockFrames = BlockBytes / Format.FrameBytes;
        var bytes = ArrayPool<byte>.Shared.Rent(BlockBytes);
        var samples = ArrayPool<float>.Shared.Rent(blockFrames * channels);
        try
        {
            var wanted = (int)Math.Min((long)Math.Min(blockFrames, mono.Length) * Format.FrameBytes, _dataBytes - _readBytes);
            var read = _stream.ReadAtLeast(bytes.AsSpan(0, wanted), Math.Min(wanted, Format.FrameBytes), throwOnEndOfStream: false);
            if (read % Format.FrameBytes is var begun and > 0)
            {
                var rest = Math.Min(Format.FrameBytes - begun, wanted - read);
                read += _stream.ReadAtLeast(bytes.AsSpan(read, rest), rest, throwOnEndOfStream: false);
            }
            _readBytes += read;
            var frames = read / Format.FrameBytes;

            // The end of the file where the header promised more, or anywhere inside a frame.
            IsTruncated |= (frames == 0 && wanted > 0 && _dataBytes != long.MaxValue) || read % Format.FrameBytes != 0;
            var block = samples.AsSpan(0, frames * channels);
            PcmConverter.ToFloat(Format.Samples, bytes.AsSpan(0, block.Length * bytesPerSample), block, _scale);
            _mixer.Mix(block);
            block[..frames].CopyTo(mono);
            return frames;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
            ArrayPool<float>.Shared.Return(samples);
        }
    }

    internal static bool IsRiff(ReadOnlySpan<byte> start) =>
        start.StartsWith("RIFF"u8) || start.StartsWith("RF64"u8) || start.StartsWith("BW64"u8);

    /// <summary>
    /// What writers put that cannot go back: 0 (GStreamer), 2 GB less a page up to 2 GB (sox, arecord), 4 GB less what stands before
    /// (ffmpeg).
    /// </summary>
    private static bool IsPlaceholder(uint length) => length is 0 or (>= 0x7FFF_F000 and <= 0x8000_0000) or >= 0xFFFF_F000;

    /// <summary>The length of the data in 64 bits, behind that of the whole file; null if the writer did not know it.</summary>
    private static long? ReadLongLength(WavChunks chunks, uint length)
    {
        Span<byte> lengths = stackalloc byte[16];
        if (length < lengths.Length)
            throw new AudioFormatException($"The RF64 file's chunk of long lengths has {length} bytes; it should have at least 28.");
        if (chunks.Read(lengths) < lengths.Length)
            throw new AudioFormatException("The RF64 file ends within its chunk of long lengths.");
        chunks.Skip(length - (uint)lengths.Length);
        return BinaryPrimitives.ReadInt64LittleEndian(lengths[8..]) is var bytes and > 0 ? bytes : null;
    }

    private static WavFormat ReadFormat(WavChunks chunks, uint length)
    {
        if (length is < 16 or > 64 * 1024)
            throw new AudioFormatException($"The WAV file's format chunk has {length} bytes; it should have 16, 18 or 40.");
        Span<byte> format = stackalloc byte[40];
        var known = (int)Math.Min(length, (uint)format.Length);
        if (chunks.Read(format[..known]) < known)
            throw new AudioFormatException("The WAV file ends within its format chunk.");
        chunks.Skip(length - (uint)known);

        var (tag, channels) = (BinaryPrimitives.ReadUInt16LittleEndian(format), BinaryPrimitives.ReadUInt16LittleEndian(format[2..]));
        var (blockAlign, bits) =
            (BinaryPrimitives.ReadUInt16LittleEndian(format[12..]), BinaryPrimitives.ReadUInt16LittleEndian(format[14..]));
        if (tag == FormatExtensible)
        {
            if (known < 40)
                throw new AudioFormatException($"The WAV file's extensible format has {length} bytes; it should have 40.");
            // The sub-format is a GUID whose first two bytes are the old tag, if the rest is what all of those have, or B-format's.
            if (!format[26..].SequenceEqual(OldTags) && !format[26..].SequenceEqual(AmbisonicTags))
                throw new AudioFormatException($"The WAV file's sub-format {new Guid(format[24..])} is not known. {Supported}");
            tag = BinaryPrimitives.ReadUInt16LittleEndian(format[24..]);
        }
        if (channels is 0 or > MaxChannels)
            throw new AudioFormatException($"The WAV file has {channels} channels; 1 to {MaxChannels} can be read.");
        var sampleRate = AudioRate.Require(BinaryPrimitives.ReadUInt32LittleEndian(format[4..]));
        SampleFormat samples = (tag, bits) switch
        {
            (FormatPcm, 8) => SampleFormat.U8,
            (FormatPcm, 16) => SampleFormat.S16,
            (FormatPcm, 24) => SampleFormat.S24,
            (FormatPcm, 32) => SampleFormat.S32,
            (FormatFloat, 32) => SampleFormat.F32,
            (FormatFloat, 64) => SampleFormat.F64,
            // Always 8 bit; some writers say 0 here, or the 16 that they stand for.
            (FormatALaw, 0 or 8 or 16) => SampleFormat.ALaw,
            (FormatMuLaw, 0 or 8 or 16) => SampleFormat.MuLaw,
            _ => throw new AudioFormatException($"The WAV file's format ({NameOf(tag)}, {bits} bit) is not supported. {Supported}"),
        };
        var result = new WavFormat(samples, channels, sampleRate);
        // It follows from the rest; 0 is a writer's that left it out.
        if (blockAlign != 0 && blockAlign != result.FrameBytes)
            throw new AudioFormatException(
                $"The WAV file says that {channels} channels of {bits} bit take {blockAlign} bytes instead of {result.FrameBytes}.");
        return result;
    }

    private static string NameOf(int tag) => tag switch
    {
        FormatPcm => "PCM",
        FormatFloat => "float",
        FormatALaw => "A-law",
        FormatMuLaw => "µ-law",
        2 => "Microsoft ADPCM, tag 2",
        0x11 => "IMA ADPCM, tag 17",
        0x31 => "GSM 6.10, tag 49",
        0x45 => "G.726, tag 69",
        0x50 => "MPEG, tag 80",
        0x55 => "MP3, tag 85",
        0xff or 0x1600 => $"AAC, tag {tag}",
        _ => $"tag {tag}",
    };
}
