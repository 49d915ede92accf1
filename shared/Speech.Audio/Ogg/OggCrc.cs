namespace Speech.Audio.Ogg;

/// <summary>The CRC-32 of Ogg pages: polynomial 0x04C11DB7, most significant bit first, no initial value, no final inversion.</summary>
internal static class OggCrc
{
    private static readonly uint[] Table = MakeTable();

    /// <param name="page">A whole page, whose own checksum field (bytes 22..25) counts as zero.</param>
    public static uint OfPage(ReadOnlySpan<byte> page) => Update(Update(Update(0, page[..22]), [0, 0, 0, 0]), page[26..]);

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
            crc = (crc << 8) ^ Table[(crc >> 24) ^ b];
        return crc;
    }

    private static uint[] MakeTable()
    {
        var table = new uint[256];
        for (var i = 0u; i < table.Length; i++)
        {
            var crc = i << 24;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 0x8000_0000) != 0 ? (crc << 1) ^ 0x04C1_1DB7 : crc << 1;
            table[i] = crc;
        }
        return table;
    }
}
