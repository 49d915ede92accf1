namespace Speech.Redis;

/// <summary>What a reply is. Bulk errors read as <see cref="Error"/>; attributes are dropped by the reader.</summary>
public enum RespKind
{
    Null,
    SimpleString,
    BulkString,
    VerbatimString,
    Integer,
    Double,
    Boolean,
    BigNumber,
    Error,
    Array,
    Set,
    Map,
    Push,
}
