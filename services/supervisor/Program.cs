Console.WriteLine("Speech.Supervisor");
