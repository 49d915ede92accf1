namespace Speech.Contracts.MessagePack;

/// <summary>The families of values in MessagePack; each has several widths on the wire.</summary>
public enum MessagePackType
{
    /// <summary>The byte 0xc1, which MessagePack never uses.</summary>
    Invalid,
    Nil,
    Boolean,
    Integer,
    Float,
    String,
    Binary,
    Array,
    Map,
    Extension,
}
