Console.WriteLine("Speech.Cli");
