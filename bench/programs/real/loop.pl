# N rounds of numbers, hashes, strings, sorting and regular expressions.
use strict;
use warnings;
my ($total, $seed) = (0, 42);
for my $turn (1 .. $ARGV[0]) {
    my %counts;
    for (1 .. 2000) {
        $seed = ($seed * 1103515245 + 12345) & 0x7fffffff;
        $counts{ "w" . ($seed >> 16 & 255) }++;
    }
    my @best = sort { $counts{$b} <=> $counts{$a} || $a cmp $b } keys %counts;
    my $text = join " ", @best;
    $total += length $best[0];
    $total++ while $text =~ /\bw(\d)\d*\1\b/g;
    ( my $other = $text ) =~ s/w(\d+)/v$1,/g;
    $total += length $other;
    my ( $a, $b ) = ( 0, 1 );
    ( $a, $b ) = ( $b, ( $a + $b ) % 1000003 ) for 1 .. 1000;
    $total += $a;
}
print "$total\n";
