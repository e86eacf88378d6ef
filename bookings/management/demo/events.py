"""The demo's films, plays and concerts, which exist."""

from datetime import date

from bookings.management.demo.kinds import DemoEvent

EVENTS = (
    DemoEvent(
        "Lagaan: Once Upon a Time in India", 224, "Hindi", ("Drama", "Musical", "Sport"),
        ("Aamir Khan", "Gracy Singh", "Rachel Shelley"),
        "A village stakes three years of taxes on a game of cricket against its rulers.",
        "U", date(2001, 6, 15),
    ),
    DemoEvent(
        "3 Idiots", 171, "Hindi", ("Comedy", "Drama"),
        ("Aamir Khan", "R. Madhavan", "Sharman Joshi", "Kareena Kapoor"),
        "Two friends look for the third, who taught them that learning is not an exam.",
        "UA", date(2009, 12, 25),
    ),
    DemoEvent(
        "Dangal", 161, "Hindi", ("Biography", "Drama", "Sport"),
        ("Aamir Khan", "Sakshi Tanwar", "Fatima Sana Shaikh", "Sanya Malhotra"),
        "A wrestler trains his daughters for the medal that he never won.",
        "U", date(2016, 12, 23),
    ),
    DemoEvent(
        "RRR", 182, "Telugu", ("Action", "Drama"),
        ("N. T. Rama Rao Jr.", "Ram Charan", "Ajay Devgn", "Alia Bhatt"),
        "Two revolutionaries become friends before they learn who the other is.",
        "UA", date(2022, 3, 25),
    ),
    DemoEvent(
        "The Lunchbox", 104, "Hindi", ("Drama", "Romance"),
        ("Irrfan Khan", "Nimrat Kaur", "Nawazuddin Siddiqui"),
        "A lunchbox goes astray in Mumbai, and letters go with it.",
        "U", date(2013, 9, 20),
    ),
    DemoEvent(
        "Parasite", 132, "Korean", ("Drama", "Thriller"),
        ("Song Kang-ho", "Lee Sun-kyun", "Cho Yeo-jeong", "Choi Woo-shik"),
        "One family after the other finds work in a house on the hill.",
        "R", date(2019, 5, 30),
    ),
    DemoEvent(
        "Spirited Away", 124, "Japanese", ("Animation", "Fantasy", "Family"),
        ("Rumi Hiiragi", "Miyu Irino", "Mari Natsuki"),
        "A girl works in a bathhouse of spirits to win her parents back.",
        "PG", date(2001, 7, 20),
    ),
    DemoEvent(
        "Seven Samurai", 207, "Japanese", ("Action", "Drama"),
        ("Toshiro Mifune", "Takashi Shimura", "Keiko Tsushima"),
        "Farmers hire seven swordsmen, for rice, against the bandits.",
        "PG", date(1954, 4, 26),
    ),
    DemoEvent(
        "The Godfather", 175, "English", ("Crime", "Drama"),
        ("Marlon Brando", "Al Pacino", "James Caan", "Diane Keaton"),
        "The youngest son of a family of criminals comes home from the war.",
        "R", date(1972, 3, 24),
    ),
    DemoEvent(
        "Casablanca", 102, "English", ("Drama", "Romance"),
        ("Humphrey Bogart", "Ingrid Bergman", "Paul Henreid"),
        "Of all the bars in all the towns, she walks into his.",
        "PG", date(1943, 1, 23),
    ),
    DemoEvent(
        "Blade Runner", 117, "English", ("Science fiction", "Thriller"),
        ("Harrison Ford", "Rutger Hauer", "Sean Young"),
        "A policeman hunts four people who were made, not born.",
        "R", date(1982, 6, 25),
    ),
    DemoEvent(
        "Mad Max: Fury Road", 120, "English", ("Action", "Science fiction"),
        ("Tom Hardy", "Charlize Theron", "Nicholas Hoult"),
        "A lorry turns left in the desert, and an army turns after it.",
        "R", date(2015, 5, 15),
    ),
    DemoEvent(
        "Oppenheimer", 180, "English", ("Biography", "Drama"),
        ("Cillian Murphy", "Emily Blunt", "Matt Damon", "Robert Downey Jr."),
        "The physicist who led the making of the bomb answers for it.",
        "R", date(2023, 7, 21),
    ),
    DemoEvent(
        "Barbie", 114, "English", ("Comedy", "Fantasy"),
        ("Margot Robbie", "Ryan Gosling", "America Ferrera"),
        "A doll with flat feet goes to see where the thoughts of death come from.",
        "PG-13", date(2023, 7, 21),
    ),
    DemoEvent(
        "The Grand Budapest Hotel", 99, "English", ("Comedy", "Crime"),
        ("Ralph Fiennes", "Tony Revolori", "Saoirse Ronan"),
        "A concierge inherits a painting, and everybody wants it back.",
        "R", date(2014, 3, 7),
    ),
    DemoEvent(
        "Paddington 2", 103, "English", ("Comedy", "Family"),
        ("Ben Whishaw", "Hugh Grant", "Sally Hawkins", "Hugh Bonneville"),
        "A bear goes to prison for a theft that he did not commit, and mends it.",
        "PG", date(2017, 11, 10),
    ),
    DemoEvent(
        "Amélie", 123, "French", ("Comedy", "Romance"),
        ("Audrey Tautou", "Mathieu Kassovitz", "Rufus"),
        "A waitress in Montmartre meddles with other people’s happiness.",
        "R", date(2001, 4, 25),
    ),
    DemoEvent(
        "Pan's Labyrinth", 119, "Spanish", ("Drama", "Fantasy"),
        ("Ivana Baquero", "Sergi López", "Maribel Verdú"),
        "In the Spain of 1944 a faun gives a girl three tasks.",
        "R", date(2006, 10, 11),
    ),
    DemoEvent(
        "The Lives of Others", 137, "German", ("Drama", "Thriller"),
        ("Ulrich Mühe", "Martina Gedeck", "Sebastian Koch"),
        "A captain of the Stasi listens to a playwright, and starts to hear him.",
        "R", date(2006, 3, 23),
    ),
    DemoEvent(
        "Spider-Man: Into the Spider-Verse", 117, "English", ("Action", "Animation", "Family"),
        ("Shameik Moore", "Jake Johnson", "Hailee Steinfeld"),
        "A schoolboy in Brooklyn is bitten, and is not the only one.",
        "PG", date(2018, 12, 14),
    ),
    DemoEvent(
        "Everything Everywhere All at Once", 139, "English", ("Action", "Comedy"),
        ("Michelle Yeoh", "Stephanie Hsu", "Ke Huy Quan", "Jamie Lee Curtis"),
        "The owner of a laundry does her taxes in every universe at once.",
        "R", date(2022, 3, 25),
    ),
    DemoEvent(
        "The Castle", 85, "English", ("Comedy", "Drama"),
        ("Michael Caton", "Anne Tenney", "Stephen Curry"),
        "An airport wants to grow over a home, and its owner says no.",
        "M", date(1997, 4, 10),
    ),
    DemoEvent(
        "Singin' in the Rain", 103, "English", ("Comedy", "Musical"),
        ("Gene Kelly", "Donald O'Connor", "Debbie Reynolds"),
        "Hollywood learns to talk, and one of its stars had better not.",
        "G", date(1952, 4, 11),
    ),
    DemoEvent(
        "In the Mood for Love", 98, "Cantonese", ("Drama", "Romance"),
        ("Tony Leung Chiu-wai", "Maggie Cheung"),
        "Two neighbours find out why their husband and wife are away so often.",
        "PG", date(2000, 9, 29),
    ),
    DemoEvent(
        "Tughlaq", 135, "English", ("Drama", "History"), (),
        "Girish Karnad’s play of 1964: a sultan with fine ideas moves his capital.",
        kind="play",
    ),
    DemoEvent(
        "Stadium Night: A. R. Rahman", 150, "", ("Pop",), ("A. R. Rahman",),
        "Thirty years of film songs, with an orchestra and a choir.",
        kind="concert",
    ),
    DemoEvent(
        "The Goldberg Variations", 80, "", ("Classical",), (),
        "Bach’s aria and thirty variations, BWV 988, on the piano.",
        kind="concert",
    ),
)  # fmt: skip
