namespace Speech.Tensors;

/// <summary>Writes rows [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>) of a matrix to
/// <paramref name="rows"/>, one after the other, as floats. Is called from several threads at once, for different rows.</summary>
public delegate void RowReader(int first, int count, Span<float> rows);
