using System.Diagnostics.CodeAnalysis;
using StackExchange.Redis;

namespace Speech.Redis;

/// <summary>Ids as <see cref="StreamId"/>, and fields by name. A name that occurs twice in an entry is found at its first place.</summary>
[SuppressMessage("Naming", "CA1708", Justification = "The analyzer takes extension blocks for members of one name.")]
public static class EntryExtensions
{
    extension(StreamEntry entry)
    {
        /// <summary>Its id as a number that can be compared.</summary>
        public StreamId StreamId => StreamId.From(entry.Id);

        /// <summary>Whether it was deleted while it was pending: it has its id and nothing else; acknowledge it to be rid of it.</summary>
        public bool IsDeleted => entry.Values is not { Length: > 0 };

        public bool TryGet(string name, out ReadOnlyMemory<byte> value)
        {
            var found = entry[name];
            value = found;
            return !found.IsNull;
        }

        /// <summary>The value of a field as text; null when there is no such field.</summary>
        public string? FindString(string name) => entry[name];

        /// <summary>The value of a field that must be there, as text.</summary>
        /// <exception cref="KeyNotFoundException">There is no such field; the message lists those there are.</exception>
        public string GetString(string name) => (string?)entry[name] ?? throw new KeyNotFoundException(
            $"There is no field '{name}'; there are: {string.Join(", ", entry.Values.Select(field => field.Name))}.");
    }

    extension(StreamPendingMessageInfo entry)
    {
        /// <summary>Its id as a number that can be compared.</summary>
        public StreamId StreamId => StreamId.From(entry.MessageId);
    }

    extension(HashEntry[] fields)
    {
        /// <summary>The value of a field as text; null when there is no such field.</summary>
        public string? FindString(string name) => Array.Find(fields, field => field.Name == name).Value;

        /// <summary>The value of a field that must be there, as text.</summary>
        /// <exception cref="KeyNotFoundException">There is no such field; the message lists those there are.</exception>
        public string GetString(string name) => fields.FindString(name) ?? throw new KeyNotFoundException(
            $"There is no field '{name}'; there are: {string.Join(", ", fields.Select(field => field.Name))}.");
    }
}
