"""The week of a cinema that the tests of imports change."""

HEADER = "venue,screen,film,start,minutes,price,currency,city,country,timezone\n"


PLACE = "EUR,Paris,FR,Europe/Paris\n"


ROWS = [
    "Champo,1,Playtime,2031-05-01T18:00,124,9.50,",
    "Champo,1,Trafic,2031-05-01T21:00,96,9.50,",
    "Champo,2,Mon oncle,2031-05-02T18:00,117,9.50,",
    "Champo,2,Jour de fete,2031-05-02T21:00,79,9.50,",
]


def file_of(*rows: str, header: str = HEADER) -> str:
    return header + "".join(row + PLACE for row in rows)
