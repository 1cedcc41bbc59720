"""What interpreted programs spend their time with: N rounds of numbers, lists, dictionaries, strings and objects."""
import sys


class Account:
    def __init__(self, number):
        self.number, self.balance = number, 0

    def pay(self, amount):
        self.balance += amount
        return self.balance % 7 == 0


def primes(limit):
    sieve = bytearray([1]) * limit
    for i in range(2, int(limit**0.5) + 1):
        if sieve[i]:
            sieve[i * i::i] = bytes(len(range(i * i, limit, i)))
    return sum(sieve) - 2


def words(seed):
    counts = {}
    for i in range(2000):
        seed = (seed * 1103515245 + 12345) & 0x7FFFFFFF
        word = "w%d" % (seed >> 16 & 255)
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:3]


def main():
    total, x = 0, 0.5
    accounts = [Account(i) for i in range(50)]
    for turn in range(int(sys.argv[1])):
        total += primes(3000 + turn % 10)
        for account in accounts:
            for amount in range(20):
                total += account.pay(amount ^ turn)
        for _ in range(2000):
            x = 3.7 * x * (1 - x)
        total += len(words(turn)[0][0])
        total += sum(int(c) for c in str(3**200 + turn))
    print(total, "%.6f" % x)


main()
