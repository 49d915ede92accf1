using System.Buffers;
using System.Buffers.Binary;
using Speech.Audio.Pcm;
using Speech.Audio.Streams;

namespace Speech.Audio.Wav;

/// <summary>
/// Reads a WAV file as mono samples (its channels mixed by <see cref="ChannelMixer"/>) at its own rate. A WAV file is a RIFF chunk holding chunks
/// (four letters, 32-bit length, data, a pad byte after odd lengths), of which <c>fmt </c> and <c>data</c> matter;
/// others are passed over. Writers that cannot seek leave the data's length 0 or 0xFFFFFFFF: then it ends with the file.
/// </summary>
public sealed class WavReader
{
    public const int MaxChannels = 64;

    private const int FormatPcm = 1;
    private const int FormatFloat = 3;
    private const int FormatExtensible = 0xFFFE;

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
        (_mixer.HasCancelled ? AudioFault.ChannelsCancel : AudioFault.None) | (_scale.IsInteger ? AudioFault.IntegerScale : AudioFault.None);

    /// <summary>Reads the header, up to the first sample.</summary>
    /// <param name="stream">Need not be seekable; stays the caller's.</param>
    /// <exception cref="AudioFormatException">Not a WAV file, or of an unsupported kind.</exception>
    public static WavReader Open(Stream stream)
    {
        Span<byte> riff = stackalloc byte[12];
        var read = stream.ReadAtLeast(riff, riff.Length, throwOnEndOfStream: false);
        if (read < riff.Length || !riff.StartsWith("RIFF"u8) || !riff[8..].SequenceEqual("WAVE"u8))
            throw new AudioFormatException("Not a WAV file: it does not begin with RIFF and WAVE.");

        WavFormat? format = null;
        Span<byte> chunk = stackalloc byte[8];
        while (true)
        {
            if (stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false) < chunk.Length)
                throw new AudioFormatException(format is null ? "The WAV file has no format chunk." : "The WAV file has no data chunk.");
            var length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            if (chunk.StartsWith("data"u8))
            {
                if (format is not { } known)
                    throw new AudioFormatException("The WAV file's data come before their format.");
                return new WavReader(stream, known, length is 0 or uint.MaxValue ? null : length);
            }
            if (chunk.StartsWith("fmt "u8))
                format = ReadFormat(stream, length);
            else
                Skip(stream, length + (length & 1L));
        }
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

    private static WavFormat ReadFormat(Stream stream, uint length)
    {
        if (length is < 16 or > 64 * 1024)
            throw new AudioFormatException($"The WAV file's format chunk has {length} bytes; it should have 16, 18 or 40.");
        Span<byte> format = stackalloc byte[40];
        var known = (int)Math.Min(length, (uint)format.Length);
        if (stream.ReadAtLeast(format[..known], known, throwOnEndOfStream: false) < known)
            throw new AudioFormatException("The WAV file ends within its format chunk.");
        Skip(stream, length - known + (length & 1));

        var (tag, channels) = (BinaryPrimitives.ReadUInt16LittleEndian(format), BinaryPrimitives.ReadUInt16LittleEndian(format[2..]));
        var (blockAlign, bits) = (BinaryPrimitives.ReadUInt16LittleEndian(format[12..]), BinaryPrimitives.ReadUInt16LittleEndian(format[14..]));
        if (tag == FormatExtensible)
        {
            if (known < 40)
                throw new AudioFormatException($"The WAV file's extensible format has {length} bytes; it should have 40.");
            // The sub-format is a GUID whose first two bytes are the old tag.
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
            _ => throw new AudioFormatException(
                $"The WAV file's format (tag {tag}, {bits} bit) is not supported: PCM of 8, 16, 24, 32 bit and float of 32, 64 bit are."),
        };
        var result = new WavFormat(samples, channels, sampleRate);
        if (blockAlign != result.FrameBytes)
            throw new AudioFormatException($"The WAV file says that {channels} channels of {bits} bit take {blockAlign} bytes instead of {result.FrameBytes}.");
        return result;
    }

    private static void Skip(Stream stream, long count)
    {
        Span<byte> scratch = stackalloc byte[4096];
        while (count > 0)
        {
            var read = stream.Read(scratch[..(int)Math.Min(count, scratch.Length)]);
            if (read == 0)
                return;
            count -= read;
        }
    }
}
