using System.Text;

namespace Speech.Audio.Tests.Wav;

/// <summary>WAV files made by hand, byte by byte.</summary>
internal sealed record WavVector
{
    public int Tag { get; init; } = 1;

    public int Channels { get; init; } = 1;

    public long SampleRate { get; init; } = 16_000;

    public int Bits { get; init; } = 16;

    public int? BlockAlign { get; init; }

    public byte[] Data { get; init; } = [];

    /// <summary>What the data chunk says of its length.</summary>
    public uint? DataLength { get; init; }

    public bool Extensible { get; init; }

    /// <summary>The last 8 bytes of the sub-format's GUID.</summary>
    public byte[] SubFormatEnd { get; init; } = [0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

    /// <summary>RIFF, RF64 or BW64.</summary>
    public string Form { get; init; } = "RIFF";

    /// <summary>For RF64 and BW64: what the chunk ds64 says of the data's length.</summary>
    public long? LongDataLength { get; init; }

    /// <summary>Chunks before fmt and between fmt and data.</summary>
    public byte[] OtherChunk { get; init; } = [];

    public byte[] ToBytes()
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        byte[] format = Format();
        writer.Write(Encoding.ASCII.GetBytes(Form));
        writer.Write(LongDataLength is not null ? -1 : 4 + 2 * OtherChunk.Length + 8 + format.Length + 8 + Data.Length);
        writer.Write("WAVE"u8);
        if (LongDataLength is { } length)
        {
            writer.Write("ds64"u8);
            writer.Write(28);
            writer.Write(0L);
            writer.Write(length);
            writer.Write(0L);
            writer.Write(0);
        }
        writer.Write(OtherChunk);
        writer.Write("fmt "u8);
        writer.Write(format.Length);
        writer.Write(format);
        writer.Write(OtherChunk);
        writer.Write("data"u8);
        writer.Write(DataLength ?? (uint)Data.Length);
        writer.Write(Data);
        return memory.ToArray();
    }

    private byte[] Format()
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        var align = BlockAlign ?? Channels * Bits / 8;
        writer.Write((ushort)(Extensible ? 0xFFFE : Tag));
        writer.Write((ushort)Channels);
        writer.Write((uint)SampleRate);
        writer.Write((uint)(SampleRate * align));
        writer.Write((ushort)align);
        writer.Write((ushort)Bits);
        if (Extensible)
        {
            writer.Write((ushort)22);
            writer.Write((ushort)Bits);
            writer.Write(0);
            writer.Write((ushort)Tag);
            writer.Write((byte[])[0, 0, 0, 0, 0x10, 0, .. SubFormatEnd]);
        }
        return memory.ToArray();
    }
}
