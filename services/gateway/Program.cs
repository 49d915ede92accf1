Console.WriteLine("Speech.Gateway");
