/** The disk of disk.ts, packed by XZ Utils 5.4, bzip2 1.0.8 and Zstandard 1.5: Node.js cannot write these variants. */
export const FIXTURES = {
  /** `xz` */
  xz: fixture(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4///BXldAABv/fyfLwFkWKpTo5hIzJAdIIoGCO2d6b5vSdz6wqMjajdV86TBtycZfO+/mMpkGwm2' +
      'rnjFyZ+U5+9eFzld+JUiByFPgSgt1tvJ/e8WwDfMUiccqhy9fEyCddkOMbn2mIdga+VgRjuQN/+JjcLtZHhtlElxAkakNO/lnHfogymSN1Nm' +
      '4GnXKXZ5i/hYFvwSyxj2bghXN+l4rcAimeZMl949MUL8MVztDSuEqHnr36HKUBwsnJopk2mDGn/SwkMiPNmbl3q+z7m/qgZ/LBo3V/fMpboR' +
      '2yg7L2+kH+HILDw4IadCJwDOJG+JxYs1/NmOrssiajVygxgEM3ZYaJiAabsNOPvJ3g+Kz3T8sgNPu82uNaRmgn+ZrmZ4gMm/7GYeCIxS//Pz' +
      'GzLYDe9Jsz+8Hujxmfk/pbHDpG7zkQpXYIuOMq3Vf+XGW2eecjGJifkxxfHWZ11gqrx5P0aliK7gNKIqjBbXu9vympVigZ3ehHypLzHpnhDe' +
      'bIyjQhx0edk5J0xrH6M3s4eJx9o9FI5rHgWnFekanYiKhC8nU5iQYg3BZDEXJXREW3CRTr74bFyo3PoRZEqDCvmih4VDjmOeCbII6PAPlMz0' +
      'nTYGnOaY1ahb5VdnjxzOgFsw6KtPVbMqb3FXYlySMC2QT43RSEhei6TfBA9N4LN/doGa5NifsJLrHMjM7DIDhufTuhRJX/JpYGOgvvvnj+YJ' +
      'tuYUmdXAm+xdiqxoBq0KJASuAEaZKUWC3N54DGYxqzAKEteiKygedycMAQsU3PO74dFVS1N6ZRkj2U+q3PCNUps4f5KSr0p95eJlPyfkQfN6' +
      'VuesxUkGjDDbS5XbOd9GvSitCggMH4h/3/oTDC2nB3Gx5sQ/qoS5gVsyuKqOBWdqQhsLrTCoRpR3jxYJoiWCxjuxtXZw2cYff1PTwuUvAgxB' +
      'WWkdUTEF7QYqdtOdLUqPFWSFlxPeU2TYCSjBRhOZeVGhuMpctEcgFefGuT/mDf/wsif5Txdqw7F4Reo2TxRcliKxqP4l9L0eQPQUUxahHxc8' +
      '7xivwS/FbG9NIHFcpIeJJuTaKURxj0Y31rWaUFycAbm3LpyYpOZsMe2tzShobqIk1lofngED0Fo+xqJ1pF/dkPhcoxC4wV4zxG0T3tqHVRLt' +
      'Sf9mCKDZyAGWAomE4MuPI0QZiuh4vqOOBoxElKLTRm3QKVI5f9fBdoJggihpX4x5Lau0iOl9xfc9Pn9skWS+XAV08nG+NyePKG+azXdGIv35' +
      '70xrM5c4+vQchFHnjMpXFWCybgk1Q+oubRCEPqZe6glgkfGB/XZQqC1rsLQA8BHeAXIOxUFvD1abol4/7ROZsB2sXrqU9F0nsnCETlZIAV8V' +
      '0zMgApQDzFsVeZUfev1ShX/zDKOZN1tYqtyA341IW5ZcFXFanBas7lzu9qgRIubt2BBa3bbQD/t1WJc3oFRBQnOjVR33+XL6pMy3ldfBwkX9' +
      'OjA559/R58VMIrBtJjJBtQlDnG1hayTkECw1B8EO8q5HWcHTC6Csw4FiPgOpdOvJewpOem7YDmyC4nPZIn6G5cdmBHIZjHrPzCfa2DgZx1I9' +
      '6akZzhNr58ajDkwDrvIw2UaOD4Zh8l77phLkUll/shWg5geoiuw3Gpz5MDbGwieCfDiJPDVM5+vR9A1J6BR0l8hgJj61QquBKOJsS6fBOFNX' +
      'EcSeuspo8i3SzfRUYuXMqg5pBNjKzwh4oQCvo28MdGQwGAPCG3g6jDsNO2s/e9qbSI6zLPOHUbTAxnzIKihbQo6iyf6gpdadhPOXErfRrTTr' +
      'Uzl2xtLL0vZURP3MiUVbd8wzyy9x3MeV4XGiCkhuC9Fewy8CQtcTPWegRPg3LWDd63H7gPxtAAAAAABjJwH2/W19swABlQuAgBAA1t2Av7HE' +
      'Z/sCAAAAAARZWg==',
  ),
  /** `xz --block-size=65536`: four blocks */
  xzBlocks: fixture(
    '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4P//BHVdAABv/fyfLwFkWKpTo5hIzJAdIIoGCO2d6b5vSdz6wqMjajdV86TBtycZfO+/mMpkGwm2' +
      'rnjFyZ+U5+9eFzld+JUiByFPgSgt1tvJ/e8WwDfMUiccqhy9fEyCddkOMbn2mIdga+VgRjuQN/+JjcLtZHhtlElxAkakNO/lnHfogymSN1Nm' +
      '4GnXKXZ5i/hYFvwSyxj2bghXN+l4rcAimeZMl949MUL8MVztDSuEqHnr36HKUBwsnJopk2mDGn/SwkMiPNmbl3q+z7m/qgZ/LBo3V/fMpboR' +
      '2yg7L2+kH+HILDw4IadCJwDOJG+JxYs1/NmOrssiajVygxgEM3ZYaJiAabsNOPvJ3g+Kz3T8sgNPu82uNaRmgn+ZrmZ4gMm/7GYeCIxS//Pz' +
      'GzLYDe9Jsz+8Hujxmfk/pbHDpG7zkQpXYIuOMq3Vf+XGW2eecjGJifkxxfHWZ11gqrx5P0aliK7gNKIqjBbXu9vympVigZ3ehHypLzHpnhDe' +
      'bIyjQhx0edk5J0xrH6M3s4eJx9o9FI5rHgWnFekanYiKhC8nU5iQYg3BZDEXJXREW3CRTr74bFyo3PoRZEqDCvmih4VDjmOeCbII6PAPlMz0' +
      'nTYGnOaY1ahb5VdnjxzOgFsw6KtPVbMqb3FXYlySMC2QT43RSEhei6TfBA9N4LN/doGa5NifsJLrHMjM7DIDhufTuhRJX/JpYGOgvvvnj+YJ' +
      'tuYUmdXAm+xdiqxoBq0KJASuAEaZKUWC3N54DGYxqzAKEteiKygedycMAQsU3PO74dFVS1N6ZRkj2U+q3PCNUps4f5KSr0p95eJlPyfkQfN6' +
      'VuesxUkGjDDbS5XbOd9GvSitCggMH4h/3/oTDC2nB3Gx5sQ/qoS5gVsyuKqOBWdqQhsLrTCoRpR3jxYJoiWCxjuxtXZw2cYff1PTwuUvAgxB' +
      'WWkdUTEF7QYqdtOdLUqPFWSFlxPeU2TYCSjBRhOZeVGhuMpctEcgFefGuT/mDf/wsif5Txdqw7F4Reo2TxRcliKxqP4l9L0eQPQUUxahHxc8' +
      '7xivwS/FbG9NIHFcpIeJJuTaKURxj0Y31rWaUFycAbm3LpyYpOZsMe2tzShobqIk1lofngED0Fo+xqJ1pF/dkPhcoxC4wV4zxG0T3tqHVRLt' +
      'Sf9mCKDZyAGWAomE4MuPI0QZiuh4vqOOBoxElKLTRm3QKVI5f9fBdoJggihpX4x5Lau0iOl9xfc9Pn9skWS+XAV08nG+NyePKG+azXdGIv35' +
      '70xrM5c4+vQchFHnjMpXFWCybgk1Q+oubRCEPqZe6glgkfGB/XZQqC1rsLQA8BHeAXIOxUFvD1abol4/7ROZsB2sXrqU9F0nsnCETlZIAV8V' +
      '0zMgApQDzFsVeZUfev1ShX/zDKOZN1tYqtyA341IW5ZcFXFanBas7lzu9qgRIubt2BBa3bbQD/t1WJc3oFRBQnOjVR33+XL6pMy3ldfBwkX9' +
      'OjA559/R58VMIrBtJjJBtQlDnG1hayTkECw1B8EO8q5HWbgxWQAAAAAADqKyPY7Eb3gCACEBFgAAAHQv5aPg//8BNF0AAABSUAqE+ZuygCGp' +
      'adYn4D4GWl8EjVPUBLo5VwUJwVUk3p24cVkxYKGf+W9Jc/LI6oy6GospaSGA/jODZq9GbeyeiYoLg/A8DomOP+1f556Q2Rz/MvSy4DlRstIU' +
      'FbTFcbrbBuN5mp+7OMGwAKyTC6oGGQMSCBVbm8hI8DIu/i2gh8jwpODSUeuNZ1aSsk2ExfGGMd9qYlvCeS3Z9zxzunR0B9g8qVYiJKFm+FqE' +
      'XzBn0vZLSS5/IOvb+BAOlHh3xz9r77TNleJv9kRuBs8LghrL23rwV42Y/5DAPubBEkF17gMolusT+6cozK8yu6QOJfJYsN7YVhxm8OIbOXb5' +
      'l/+Po8gv9K3y2zgxMHrAdyIkheoCBAKhPETlITPreLz+YpVWangtg/9LJkhSBzHXEwRrwgAARouBONnQDqECACEBFgAAAHQv5aPg//8ATF0A' +
      'AG/9//+jt/9HPkgVcjlhUbiSKOajhgf57uQegtMvxTo8AUuxfsmKik0vow3Zf6bjjCMRU+BZGMV1iuJ3+LaUfwxqwN50SWRcnjrRAABeZU9J' +
      'ygmvJgIAIQEWAAAAdC/lo+D//wBMXQAAb/3//6O3/0c+SBVyOWFRuJIo5qOGB/nu5B6C0y/FOjwBS7F+yYqKTS+jDdl/puOMIxFT4FkYxXWK' +
      '4nf4tpR/DGrA3nRJZFyeOtEAAF5lT0nKCa8mAASRCYCABNACgIAEaICABGiAgAQvFvUpCfRi5gUAAAAABFla',
  ),
  /** `xz --block-size=65536 --check=sha256` */
  xzSha256: fixture(
    '/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4P//BHVdAABv/fyfLwFkWKpTo5hIzJAdIIoGCO2d6b5vSdz6wqMjajdV86TBtycZfO+/mMpkGwm2' +
      'rnjFyZ+U5+9eFzld+JUiByFPgSgt1tvJ/e8WwDfMUiccqhy9fEyCddkOMbn2mIdga+VgRjuQN/+JjcLtZHhtlElxAkakNO/lnHfogymSN1Nm' +
      '4GnXKXZ5i/hYFvwSyxj2bghXN+l4rcAimeZMl949MUL8MVztDSuEqHnr36HKUBwsnJopk2mDGn/SwkMiPNmbl3q+z7m/qgZ/LBo3V/fMpboR' +
      '2yg7L2+kH+HILDw4IadCJwDOJG+JxYs1/NmOrssiajVygxgEM3ZYaJiAabsNOPvJ3g+Kz3T8sgNPu82uNaRmgn+ZrmZ4gMm/7GYeCIxS//Pz' +
      'GzLYDe9Jsz+8Hujxmfk/pbHDpG7zkQpXYIuOMq3Vf+XGW2eecjGJifkxxfHWZ11gqrx5P0aliK7gNKIqjBbXu9vympVigZ3ehHypLzHpnhDe' +
      'bIyjQhx0edk5J0xrH6M3s4eJx9o9FI5rHgWnFekanYiKhC8nU5iQYg3BZDEXJXREW3CRTr74bFyo3PoRZEqDCvmih4VDjmOeCbII6PAPlMz0' +
      'nTYGnOaY1ahb5VdnjxzOgFsw6KtPVbMqb3FXYlySMC2QT43RSEhei6TfBA9N4LN/doGa5NifsJLrHMjM7DIDhufTuhRJX/JpYGOgvvvnj+YJ' +
      'tuYUmdXAm+xdiqxoBq0KJASuAEaZKUWC3N54DGYxqzAKEteiKygedycMAQsU3PO74dFVS1N6ZRkj2U+q3PCNUps4f5KSr0p95eJlPyfkQfN6' +
      'VuesxUkGjDDbS5XbOd9GvSitCggMH4h/3/oTDC2nB3Gx5sQ/qoS5gVsyuKqOBWdqQhsLrTCoRpR3jxYJoiWCxjuxtXZw2cYff1PTwuUvAgxB' +
      'WWkdUTEF7QYqdtOdLUqPFWSFlxPeU2TYCSjBRhOZeVGhuMpctEcgFefGuT/mDf/wsif5Txdqw7F4Reo2TxRcliKxqP4l9L0eQPQUUxahHxc8' +
      '7xivwS/FbG9NIHFcpIeJJuTaKURxj0Y31rWaUFycAbm3LpyYpOZsMe2tzShobqIk1lofngED0Fo+xqJ1pF/dkPhcoxC4wV4zxG0T3tqHVRLt' +
      'Sf9mCKDZyAGWAomE4MuPI0QZiuh4vqOOBoxElKLTRm3QKVI5f9fBdoJggihpX4x5Lau0iOl9xfc9Pn9skWS+XAV08nG+NyePKG+azXdGIv35' +
      '70xrM5c4+vQchFHnjMpXFWCybgk1Q+oubRCEPqZe6glgkfGB/XZQqC1rsLQA8BHeAXIOxUFvD1abol4/7ROZsB2sXrqU9F0nsnCETlZIAV8V' +
      '0zMgApQDzFsVeZUfev1ShX/zDKOZN1tYqtyA341IW5ZcFXFanBas7lzu9qgRIubt2BBa3bbQD/t1WJc3oFRBQnOjVR33+XL6pMy3ldfBwkX9' +
      'OjA559/R58VMIrBtJjJBtQlDnG1hayTkECw1B8EO8q5HWbgxWQAAAAAAqdnLHl8EdxCwTziFIrWkTkMygrkEzKXnRMNxdpgHUWYCACEBFgAA' +
      'AHQv5aPg//8BNF0AAABSUAqE+ZuygCGpadYn4D4GWl8EjVPUBLo5VwUJwVUk3p24cVkxYKGf+W9Jc/LI6oy6GospaSGA/jODZq9GbeyeiYoL' +
      'g/A8DomOP+1f556Q2Rz/MvSy4DlRstIUFbTFcbrbBuN5mp+7OMGwAKyTC6oGGQMSCBVbm8hI8DIu/i2gh8jwpODSUeuNZ1aSsk2ExfGGMd9q' +
      'YlvCeS3Z9zxzunR0B9g8qVYiJKFm+FqEXzBn0vZLSS5/IOvb+BAOlHh3xz9r77TNleJv9kRuBs8LghrL23rwV42Y/5DAPubBEkF17gMolusT' +
      '+6cozK8yu6QOJfJYsN7YVhxm8OIbOXb5l/+Po8gv9K3y2zgxMHrAdyIkheoCBAKhPETlITPreLz+YpVWangtg/9LJkhSBzHXEwRrwgAAfayi' +
      'CV0EOCYPqEkYPfxn+qRZ/fSTbhvJHuxrKBsn5MICACEBFgAAAHQv5aPg//8ATF0AAG/9//+jt/9HPkgVcjlhUbiSKOajhgf57uQegtMvxTo8' +
      'AUuxfsmKik0vow3Zf6bjjCMRU+BZGMV1iuJ3+LaUfwxqwN50SWRcnjrRAADeLyVgZKCveXdHwrl1BdwLnz3w3k9InqxzHCOunKnMMQIAIQEW' +
      'AAAAdC/lo+D//wBMXQAAb/3//6O3/0c+SBVyOWFRuJIo5qOGB/nu5B6C0y/FOjwBS7F+yYqKTS+jDdl/puOMIxFT4FkYxXWK4nf4tpR/DGrA' +
      '3nRJZFyeOtEAAN4vJWBkoK95d0fCuXUF3AufPfDeT0ierHMcI66cqcwxAASpCYCABOgCgIAEgAGAgASAAYCABAAAj5zfkqCrTocGAAAAAApZ' +
      'Wg==',
  ),
  /** `xz --check=none` */
  xzNoCheck: fixture(
    '/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4///BXldAABv/fyfLwFkWKpTo5hIzJAdIIoGCO2d6b5vSdz6wqMjajdV86TBtycZfO+/mMpkGwm2' +
      'rnjFyZ+U5+9eFzld+JUiByFPgSgt1tvJ/e8WwDfMUiccqhy9fEyCddkOMbn2mIdga+VgRjuQN/+JjcLtZHhtlElxAkakNO/lnHfogymSN1Nm' +
      '4GnXKXZ5i/hYFvwSyxj2bghXN+l4rcAimeZMl949MUL8MVztDSuEqHnr36HKUBwsnJopk2mDGn/SwkMiPNmbl3q+z7m/qgZ/LBo3V/fMpboR' +
      '2yg7L2+kH+HILDw4IadCJwDOJG+JxYs1/NmOrssiajVygxgEM3ZYaJiAabsNOPvJ3g+Kz3T8sgNPu82uNaRmgn+ZrmZ4gMm/7GYeCIxS//Pz' +
      'GzLYDe9Jsz+8Hujxmfk/pbHDpG7zkQpXYIuOMq3Vf+XGW2eecjGJifkxxfHWZ11gqrx5P0aliK7gNKIqjBbXu9vympVigZ3ehHypLzHpnhDe' +
      'bIyjQhx0edk5J0xrH6M3s4eJx9o9FI5rHgWnFekanYiKhC8nU5iQYg3BZDEXJXREW3CRTr74bFyo3PoRZEqDCvmih4VDjmOeCbII6PAPlMz0' +
      'nTYGnOaY1ahb5VdnjxzOgFsw6KtPVbMqb3FXYlySMC2QT43RSEhei6TfBA9N4LN/doGa5NifsJLrHMjM7DIDhufTuhRJX/JpYGOgvvvnj+YJ' +
      'tuYUmdXAm+xdiqxoBq0KJASuAEaZKUWC3N54DGYxqzAKEteiKygedycMAQsU3PO74dFVS1N6ZRkj2U+q3PCNUps4f5KSr0p95eJlPyfkQfN6' +
      'VuesxUkGjDDbS5XbOd9GvSitCggMH4h/3/oTDC2nB3Gx5sQ/qoS5gVsyuKqOBWdqQhsLrTCoRpR3jxYJoiWCxjuxtXZw2cYff1PTwuUvAgxB' +
      'WWkdUTEF7QYqdtOdLUqPFWSFlxPeU2TYCSjBRhOZeVGhuMpctEcgFefGuT/mDf/wsif5Txdqw7F4Reo2TxRcliKxqP4l9L0eQPQUUxahHxc8' +
      '7xivwS/FbG9NIHFcpIeJJuTaKURxj0Y31rWaUFycAbm3LpyYpOZsMe2tzShobqIk1lofngED0Fo+xqJ1pF/dkPhcoxC4wV4zxG0T3tqHVRLt' +
      'Sf9mCKDZyAGWAomE4MuPI0QZiuh4vqOOBoxElKLTRm3QKVI5f9fBdoJggihpX4x5Lau0iOl9xfc9Pn9skWS+XAV08nG+NyePKG+azXdGIv35' +
      '70xrM5c4+vQchFHnjMpXFWCybgk1Q+oubRCEPqZe6glgkfGB/XZQqC1rsLQA8BHeAXIOxUFvD1abol4/7ROZsB2sXrqU9F0nsnCETlZIAV8V' +
      '0zMgApQDzFsVeZUfev1ShX/zDKOZN1tYqtyA341IW5ZcFXFanBas7lzu9qgRIubt2BBa3bbQD/t1WJc3oFRBQnOjVR33+XL6pMy3ldfBwkX9' +
      'OjA559/R58VMIrBtJjJBtQlDnG1hayTkECw1B8EO8q5HWcHTC6Csw4FiPgOpdOvJewpOem7YDmyC4nPZIn6G5cdmBHIZjHrPzCfa2DgZx1I9' +
      '6akZzhNr58ajDkwDrvIw2UaOD4Zh8l77phLkUll/shWg5geoiuw3Gpz5MDbGwieCfDiJPDVM5+vR9A1J6BR0l8hgJj61QquBKOJsS6fBOFNX' +
      'EcSeuspo8i3SzfRUYuXMqg5pBNjKzwh4oQCvo28MdGQwGAPCG3g6jDsNO2s/e9qbSI6zLPOHUbTAxnzIKihbQo6iyf6gpdadhPOXErfRrTTr' +
      'Uzl2xtLL0vZURP3MiUVbd8wzyy9x3MeV4XGiCkhuC9Fewy8CQtcTPWegRPg3LWDd63H7gPxtAAAAAAAAAY0LgIAQACBdBVCoAAr8AgAAAAAA' +
      'WVo=',
  ),
  /** `xz --x86 --lzma2=preset=6` */
  xzBcj: fixture(
    '/Td6WFoAAATm1rRGAgEEACEBFgANhjUf4///BXldAABv/fyfLwFkWKpTo5hIzJAdIIoGCO2d6b5vSdz6wqMjajdV86TBtycZfO+/mMpkGwm2' +
      'rnjFyZ+U5+9eFzld+JUiByFPgSgt1tvJ/e8WwDfMUiccqhy9fEyCddkOMbn2mIdga+VgRjuQN/+JjcLtZHhtlElxAkakNO/lnHfogymSN1Nm' +
      '4GnXKXZ5i/hYFvwSyxj2bghXN+l4rcAimeZMl949MUL8MVztDSuEqHnr36HKUBwsnJopk2mDGn/SwkMiPNmbl3q+z7m/qgZ/LBo3V/fMpboR' +
      '2yg7L2+kH+HILDw4IadCJwDOJG+JxYs1/NmOrssiajVygxgEM3ZYaJiAabsNOPvJ3g+Kz3T8sgNPu82uNaRmgn+ZrmZ4gMm/7GYeCIxS//Pz' +
      'GzLYDe9Jsz+8Hujxmfk/pbHDpG7zkQpXYIuOMq3Vf+XGW2eecjGJifkxxfHWZ11gqrx5P0aliK7gNKIqjBbXu9vympVigZ3ehHypLzHpnhDe' +
      'bIyjQhx0edk5J0xrH6M3s4eJx9o9FI5rHgWnFekanYiKhC8nU5iQYg3BZDEXJXREW3CRTr74bFyo3PoRZEqDCvmih4VDjmOeCbII6PAPlMz0' +
      'nTYGnOaY1ahb5VdnjxzOgFsw6KtPVbMqb3FXYlySMC2QT43RSEhei6TfBA9N4LN/doGa5NifsJLrHMjM7DIDhufTuhRJX/JpYGOgvvvnj+YJ' +
      'tuYUmdXAm+xdiqxoBq0KJASuAEaZKUWC3N54DGYxqzAKEteiKygedycMAQsU3PO74dFVS1N6ZRkj2U+q3PCNUps4f5KSr0p95eJlPyfkQfN6' +
      'VuesxUkGjDDbS5XbOd9GvSitCggMH4h/3/oTDC2nB3Gx5sQ/qoS5gVsyuKqOBWdqQhsLrTCoRpR3jxYJoiWCxjuxtXZw2cYff1PTwuUvAgxB' +
      'WWkdUTEF7QYqdtOdLUqPFWSFlxPeU2TYCSjBRhOZeVGhuMpctEcgFefGuT/mDf/wsif5Txdqw7F4Reo2TxRcliKxqP4l9L0eQPQUUxahHxc8' +
      '7xivwS/FbG9NIHFcpIeJJuTaKURxj0Y31rWaUFycAbm3LpyYpOZsMe2tzShobqIk1lofngED0Fo+xqJ1pF/dkPhcoxC4wV4zxG0T3tqHVRLt' +
      'Sf9mCKDZyAGWAomE4MuPI0QZiuh4vqOOBoxElKLTRm3QKVI5f9fBdoJggihpX4x5Lau0iOl9xfc9Pn9skWS+XAV08nG+NyePKG+azXdGIv35' +
      '70xrM5c4+vQchFHnjMpXFWCybgk1Q+oubRCEPqZe6glgkfGB/XZQqC1rsLQA8BHeAXIOxUFvD1abol4/7ROZsB2sXrqU9F0nsnCETlZIAV8V' +
      '0zMgApQDzFsVeZUfev1ShX/zDKOZN1tYqtyA341IW5ZcFXFanBas7lzu9qgRIubt2BBa3bbQD/t1WJc3oFRBQnOjVR33+XL6pMy3ldfBwkX9' +
      'OjA559/R58VMIrBtJjJBtQlDnG1hayTkECw1B8EO8q5HWcHTC6Csw4FiPgOpdOvJewpOem7YDmyC4nPZIn6G5cdmBHIZjHrPzCfa2DgZx1I9' +
      '6akZzhNr58ajDkwDrvIw2UaOD4Zh8l77phLkUll/shWg5geoiuw3Gpz5MDbGwieCfDiJPDVM5+vR9A1J6BR0l8hgJj61QquBKOJsS6fBOFNX' +
      'EcSeuspo8i3SzfRUYuXMqg5pBNjKzwh4oQCvo28MdGQwGAPCG3g6jDsNO2s/e9qbSI6zLPOHUbTAxnzIKihbQo6iyf6gpdadhPOXErfRrTTr' +
      'Uzl2xtLL0vZURP3MiUVbd8wzyy9x3MeV4XGiCkhuC9Fewy8CQtcTPWegRPg3LWDd63H7gPxtAAAAAABjJwH2/W19swABlQuAgBAA1t2Av7HE' +
      'Z/sCAAAAAARZWg==',
  ),
  /** `xz --delta=dist=4 --lzma2=preset=6` */
  xzDelta: fixture(
    '/Td6WFoAAATm1rRGAgEDAQMhARaXj3H84///BKtdAABv/fyfLwF0rwmT3rScUAWZNg0cUzBlTLcQkwh8v7+8ZMw9AycSb/BeKBY/Fd78JrSy' +
      '+M6FIQZBM/ZOJyJTfJQhKH/gSYcE0inN2Fg0g8xWpzrJaQQnIv9+b4PgBu8bmkf+HEY4aMiJ2m0HP6M3NZAek0z7N0U5of5Ap9eQDXlvFW0v' +
      'wreEoexJ/10KXkY9ueKcpqle1nbTkRCalWNAISAUN3DHptHXKnG3DNluJo8tgM5SeqtMdcFEPLr+Fiu/hUzCP22uQvSwW7zujEYfoaYIyFX4' +
      'J9TkPesY27JFMOtSd+xhODeeLpDkNOiIePgee2qQQ+qPfPzCgTs0IQZfRdKvUJe3L111180ZJgfQ/CAWY9YlPEzu0dPTMBz3kcs8CRuYWI0f' +
      'wLpBAxdYDH+UFDPVJ2S446isq3ilGfUjUNDsQ1jNX2yHJzbHfuqUo2NwHZCF5Jy+1KlMF0R/7xiFIhpzPu6ZiaQ+0jpYGZlb5sd60BiGPiwN' +
      'YvhDMwSTu6Nb9lJmv22kkFwxzSNvm8xD6vPbP5IZbU23FhJ4cCvW6/92GNagmI/3NQHL79WXi9wEZPLhALFD8srJ++gkoiUsqw0HakyuTK6c' +
      'QhzE04kefB1DPHjDyAW8Kw3MlIZzcrOVkumnAaswOQtyMclVfHIjuEOD9mSBD8qxOp2jR92tGxhpMz1yXdKn8E0scpku6n61U0nikL206I+B' +
      'r/l0FOQzVg1bIB/6ilvbu5pFNjxKmTVH4no2rFI7Tqc8XKEUJ5JkysQjG+NB20X8+we6rM3svXmOhPtCrilo6lYuPmNw2CSlZDndLDlUgUKd' +
      'E0CdWQ8nLVv5CulK3Zn/B6ClQHsuBccVdUoX2g34rtxIOEKLG27sstomCMkivk1a0jm8UlQTNNZsPNXEDGteu34CvQw/DSjyw/d99TKvxfXg' +
      '5N1X9BDBFVA5Fmi6FzFgDIpY4/u6HUpmtT4v4JsdJ5hbvrWo5LxuH91i+wd93bOoVVp0s+vAaPGMHSr48ipCMqaxNoKAwhMFDIdZCppNcRL1' +
      '9yl2FNt5FuZ4EEq9AGWqQbbE5sQIurnSh0loNdElhfLhVa+m4Bu0WY838HvzZUuUkLkHvlxWzWlBq6f8L0CQAoUhoNfw2njDKm6mCwQxOulM' +
      'DFbqYW2F3cKOW1S2fWqHE+b7Wq6y+Hgj/0F8kFo3TtxJs2er4T7ZeDeyOA8VuSqxu1eONuGHWt1mNkToXrePHPMG4ORL/NWbqJqL3do/tO7Y' +
      '11PDUuZCYP1s86JxJt6ojFwWrOSuEurrbA71BC0yHMGFcNhSi00Dw1IXJRMsXiqry1hzdpPPTb2lQHJsk+11yIklZ0p5V2FbvXZmCgZtavu8' +
      'ZVUXL6hl4b/VgBKR3P9b7a9tIRcSvw3szE5jIwlTXKV77Xsxs9Vr0k/AuR/7EngC/Ng9foE8RB+AYVc5u5QzzzZ9IJUTjDkBoFm7YSX7yc7w' +
      'sX1uNGFn7i/0XhbV7IpAjX9N8Njw5S3ub4G/MJhLxyF1rkeoKhbSap1koagN6kml1viTmvu1rK7UP2AkgkefY2uHAm2jbjZojHJWLk8GQRDp' +
      'ryYolHEe005q6AAAAGMnAfb9bX2zAAHHCYCAEABKJwaEscRn+wIAAAAABFla',
  ),
  /** `xz --lzma2=preset=6,dict=128MiB` */
  xzLargeDictionary: fixture(
    '/Td6WFoAAATm1rRGAgAhAR4AAACbB1Fm4///BXldAABv/fyfLwFkWKpTo5hIzJAdIIoGCO2d6b5vSdz6wqMjajdV86TBtycZfO+/mMpkGwm2' +
      'rnjFyZ+U5+9eFzld+JUiByFPgSgt1tvJ/e8WwDfMUiccqhy9fEyCddkOMbn2mIdga+VgRjuQN/+JjcLtZHhtlElxAkakNO/lnHfogymSN1Nm' +
      '4GnXKXZ5i/hYFvwSyxj2bghXN+l4rcAimeZMl949MUL8MVztDSuEqHnr36HKUBwsnJopk2mDGn/SwkMiPNmbl3q+z7m/qgZ/LBo3V/fMpboR' +
      '2yg7L2+kH+HILDw4IadCJwDOJG+JxYs1/NmOrssiajVygxgEM3ZYaJiAabsNOPvJ3g+Kz3T8sgNPu82uNaRmgn+ZrmZ4gMm/7GYeCIxS//Pz' +
      'GzLYDe9Jsz+8Hujxmfk/pbHDpG7zkQpXYIuOMq3Vf+XGW2eecjGJifkxxfHWZ11gqrx5P0aliK7gNKIqjBbXu9vympVigZ3ehHypLzHpnhDe' +
      'bIyjQhx0edk5J0xrH6M3s4eJx9o9FI5rHgWnFekanYiKhC8nU5iQYg3BZDEXJXREW3CRTr74bFyo3PoRZEqDCvmih4VDjmOeCbII6PAPlMz0' +
      'nTYGnOaY1ahb5VdnjxzOgFsw6KtPVbMqb3FXYlySMC2QT43RSEhei6TfBA9N4LN/doGa5NifsJLrHMjM7DIDhufTuhRJX/JpYGOgvvvnj+YJ' +
      'tuYUmdXAm+xdiqxoBq0KJASuAEaZKUWC3N54DGYxqzAKEteiKygedycMAQsU3PO74dFVS1N6ZRkj2U+q3PCNUps4f5KSr0p95eJlPyfkQfN6' +
      'VuesxUkGjDDbS5XbOd9GvSitCggMH4h/3/oTDC2nB3Gx5sQ/qoS5gVsyuKqOBWdqQhsLrTCoRpR3jxYJoiWCxjuxtXZw2cYff1PTwuUvAgxB' +
      'WWkdUTEF7QYqdtOdLUqPFWSFlxPeU2TYCSjBRhOZeVGhuMpctEcgFefGuT/mDf/wsif5Txdqw7F4Reo2TxRcliKxqP4l9L0eQPQUUxahHxc8' +
      '7xivwS/FbG9NIHFcpIeJJuTaKURxj0Y31rWaUFycAbm3LpyYpOZsMe2tzShobqIk1lofngED0Fo+xqJ1pF/dkPhcoxC4wV4zxG0T3tqHVRLt' +
      'Sf9mCKDZyAGWAomE4MuPI0QZiuh4vqOOBoxElKLTRm3QKVI5f9fBdoJggihpX4x5Lau0iOl9xfc9Pn9skWS+XAV08nG+NyePKG+azXdGIv35' +
      '70xrM5c4+vQchFHnjMpXFWCybgk1Q+oubRCEPqZe6glgkfGB/XZQqC1rsLQA8BHeAXIOxUFvD1abol4/7ROZsB2sXrqU9F0nsnCETlZIAV8V' +
      '0zMgApQDzFsVeZUfev1ShX/zDKOZN1tYqtyA341IW5ZcFXFanBas7lzu9qgRIubt2BBa3bbQD/t1WJc3oFRBQnOjVR33+XL6pMy3ldfBwkX9' +
      'OjA559/R58VMIrBtJjJBtQlDnG1hayTkECw1B8EO8q5HWcHTC6Csw4FiPgOpdOvJewpOem7YDmyC4nPZIn6G5cdmBHIZjHrPzCfa2DgZx1I9' +
      '6akZzhNr58ajDkwDrvIw2UaOD4Zh8l77phLkUll/shWg5geoiuw3Gpz5MDbGwieCfDiJPDVM5+vR9A1J6BR0l8hgJj61QquBKOJsS6fBOFNX' +
      'EcSeuspo8i3SzfRUYuXMqg5pBNjKzwh4oQCvo28MdGQwGAPCG3g6jDsNO2s/e9qbSI6zLPOHUbTAxnzIKihbQo6iyf6gpdadhPOXErfRrTTr' +
      'Uzl2xtLL0vZURP3MiUVbd8wzyy9x3MeV4XGiCkhuC9Fewy8CQtcTPWegRPg3LWDd63H7gPxtAAAAAABjJwH2/W19swABlQuAgBAA1t2Av7HE' +
      'Z/sCAAAAAARZWg==',
  ),
  /** `xz` of no bytes */
  xzEmpty: fixture('/Td6WFoAAATm1rRGAAAAABzfRCEftvN9AQAAAAAEWVo='),
  /** `bzip2 -1`: three blocks */
  bzip2: fixture(
    'QlpoMTFBWSZTWdazNScAAAT/////////////////////////////////////////////4Ai+fAAAAAAAAAAAJMABMAATAAAAAAAAAAAAAAAA' +
      'AAAAAAAAAAAAAAAAAAAAABJgAJgACYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAJMABMAATAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' +
      'AAAABJgAJgACYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEaopA0NNGCaGTI0wJpoyaYRkaZMCZGmBMmRgmRoYmEBkMQ0wmjRo0xNGmm' +
      'TCYTATRk0NDI0xGjTJkZNMJhGmTEME0CqqlGmmaJ6npGQyYKbBPSaMExkjCnhlPRTepjUn4gBpoT1MTANTIw0mFPJ5NBPQSemmJ5U9T9DSMm' +
      'aE9AaTyp5GEwmjR6mmmIbTU9JgGpo00mMYaaQNMAAIArcwilzACIiIZOUgjAtmERERERA4AAAGSbQmZ5gYDgpZaNAAAALzGAAACAqVaibG3c' +
      's0RR5XQERAp338GsAGTpOL+XkAHY8zeV8A+zNYunWEA4myxlayNjAPPyGis4BUuHaACNzdYsYBR4i1gFwgoaUtgBar5T523gFU8jvtdQ3Guw' +
      '9NpslTQC9xABTtXoZqiYOxgHKxHpAHofDk+8g9hVADC1nXWnUxgBtLTpbRxLPYgDw/w69Ott8AJHxLhd7YAc/CYAArHi5+ZuGCAKTJbrCgHU' +
      'rug3eGAN9h9jW/WAL7gOtigDBzdNqv25nHAHFn6CExNdANPUciAbnacTJgEbfrzlACDiZ2QywBcoYAu3hyYBrMlYevmADM2KKlaYAdbl5wA3' +
      '2DwABRdjt+zngDpW0AxkX62fAP36uiAPC2lequQlwD/O8jQDK1aW2PeZUAiJvx9PosoAQuql9hkACehp/D6gAo/r4F91YBB6P64S7wwBrWPm' +
      'QC6zngW3qzF5h8MAb3471mdhExEIAVa4dCPgYEApZizzMTLUwAp4B+Mvr+VntHbvhAO78WfxexAM3C7IAplj2PL29s4M4Aa/H42IAKCU+zxv' +
      'MAMbr9sAWve/FZJiKuIB41B42o1OHlACMx0aAT+L3ABo7JV/kAMlbJid22W7P6/Rpt4Aa2wbIA6l34FThqL5QDk7yh1UP/4Ar31cWeuABN9v' +
      'jc+ajwDV1qLAP0wnyzwBmuL8nEAPeh+fbP70fuVTjAG5r8DK+DDAF90lW3kLdvjALj8HVtdvALfeNJC3XLyHIAOn0YSqwADR9X/uQ0gBmfmx' +
      'WR6+b0H84AAn8V9lJ5kcAYKN9jhx20+YA4100NBUK9wKdv7p5OrAO+vPo2MAocNicvtgCs3nv61DgFutU7s8PfACMsPo27d4f2QCPx+CyXx8' +
      'uEAOVGzlVANlw+PFXsA33YmpIAgoun5YA+/CwPSyoBzOTXPKAKfW8BfObEYYAlYSbgQDkUW8ANvR2aSlwCH7EFjp3LAEb9/ryNgywBl9Z3tB' +
      'zQDGT/8SmYAJPr1nJ/dcgC7Yvj6CB0UkAWWkwgBK1LO432r5YJfbAH3Xbe2CygEWAWK0Sm/6ABbgC56P2KGiAMTS5Pc4H4QDayNX63c04BC7' +
      '+DhMLu8/vgCo8u6zc5P7MA1GV1mqrwBX/EpeYAbfn1O/6bp3znAFDDR0iAaOk62X5HTAONdI/lVmo08ArUgAfVp+oAcmgiOCAc7tUQBV/o6H' +
      'ZuMjc65oADCYK297ksyAVyM4tD3cjNAE9AxfnAG55ETudt33vgG/qEkAf6luxzs/yQDhWWa2wBgLJccHVYcArk9MUPezIBvZqo68AvEHsf9g' +
      'Etfve7Wh9Wigq2AW/G4T9o3o50A295wIBL5zE8D8ADu9yIAIKXAL36/bAKhkO83EhQT2PANbYwDozABpO1irzw46FxYB6G5ANXW77E/sAf1N' +
      'z4BX8n2fP6P7yf3AERL9y7x9eAKxm5vOgHC8XhbTpUoBi4rdxQBrPUw/t7UAuknVs1mezQAFi2dRgAGfpuIg5MAxu6q8DsMYAcmdibUAYbXV' +
      'uTALDHbPHTwBUOjZq5mADKaH6OlSfkAVvBY3wsYAWiQhanb4H5ACSxVrzwBLSdc52a4/KyABEXOsbWKAPVys72gC6ePSgFg5FYs9FzACIg7C' +
      'AebsgD6e4AX252vUgENz5yQ2VO2e8AOJPyoBSUPlgGVj7x73wbDcAHG/P6Zmyc3Y3oA7F+ptxyniR1wAMPWNLc8kAWbj28A9O5UgB/zTdfNT' +
      'XE4OoAPQsfwaW4V6ugHX+WkxgBtbbEzGTANVpvf03BANNt5UApkZ6nj1MAlK1RdXnAGX83MVLkWAA1Xl/lHgFJ/GczABgfx4IB5PM5QBxYLR' +
      'gFk9edtHF7fTANZ39hAIywbueAKCfjfK8UAnuff7wAa6rZLHfsARW4meFQAG3nvdAOhS/pVJHS7kAs0tD0u9AL1wM7OSHRroBH8+jALZu/n4' +
      'wBN32WtHg9SAAWHAxf1e6AYrT6+ye3Z/S6d9lwDpXsA3Wtjom8Tlyym6/kA9Xf+1ZpKVyOev+/AMfrLT5dLiADsxVM5t/44BQTPggGxAPAyF' +
      'qvXdAOFJ+56U1+cYAXuy5zgSYBrgC81Xu/0AaTypX06H8wCvcvEAEH0wC1avUzf8gEXCSIBKQ8gAbCYAJ7g9UAv12lLNRQv2gEtGa+do4gAo' +
      '6PcTgBgrl51M1IBS3XHAHxQCAgICAgIBNwUdNVra7MArN+53s4MA8ju/qAejoqlrdwAWQAkrTgf/i7kinChIa1mak4A=',
  ),
  /** `zstd --long=28` of a pipe */
  zstdLong: fixture(
    'KLUv/QSQdCkAFFEAAIMAAABAAAAAwAFVqgDGfoFrS/vi+1T2vd98HOGHAb8x3lZyD0dnZodZqog8WepWE3vShaHYPFRVLzeuZVvaAnmYzOMa' +
      'do5f2ZmPHz827kN4TQ36vqba5IaO3CltTv9W4XAg+4+xWAWQxQncU82qO0iZUtNSnQaf6rXCBhOYSbIBHqwyiDGcUkaVcTaPV/Y5HRb6iHT1' +
      'mHwXXEG7bXGOD3BZxwEbLzM9kcAdpQ0NqzONfl6PPuZodKY6scOTEahkx9vK4GDh878JAGei4yWgITGH1WLFqE9+LglrlJ+wbameWgtGcIC2' +
      'z0cMpqUq2Kz7oOu3eSRyI5JIgMWmp4W314yQ5KtjRFJm45wzJfleqrpzYF1LcX6+qYxXGXHDyl7lKjOsiFFmoXt1Z2Saae9vVkKgHVHFAve7' +
      'kkW+bw22OMwQ/btUURx7B5Qnk32Sw9TGpWFRATg4p7/xBA0Vm4Afg9WkaYh8n7YB2pMXRYsSsgIzXFDW4VakrUJKXN2GYekDEuEPm+omLGHc' +
      'YkhrbRTgA4VKckbalsh9HNEFPuWScENfbAMFs+uzIDVNfmZQATbAM+EPyTgu6SkZT16x0UmLO1P9nz/uJSU1ew0Rr0wRjDLU2n/YFlfhps59' +
      'wa5ivxPkh0w6wbMMWZlHWFq9eHy6UAHtG+qKSYju1hSFq7As3jWTES0BHNcoQzDnsAjteZkTUdI6d609tPjHygMi0snGJw8Ezno/wGgsz3Jq' +
      'CcJCAHJeQTT4lmk/vTpYkYvhzKKxkt13oTX+80u8seM3EQ3HZb7xYeVeBv81x3aJXfRuSsy1VH7xFcigmY9ccAvvFMblCpwZtB1MzlYG3EIR' +
      'JeeWbw8hPd/5V0cN3ytq/HeN1enZ+bXg63KEGo5CFB2Kbl+SOvsL5fbkwJ9F1iqDv7HNasS/jN7fsvd592BX/Ds9ey7LnEF7J6XjSFgVBxfg' +
      'uYVfY6j2KRJDAGrb7mQkUovEO127NRii04n/sqBZMPLb1cFNaks2nF145tCjkg3lkBGwhg9BNICmib3pL3hHDVCVhxu/43+UNzbkbzk4LwyD' +
      'OoXfUbxI2Va7eZV5vdRIUJ2pZV0XfBMLElxPZ7AE4Z4YswA6/svEHPcrUDh+TrsTxSDD/j2kMA/kRwrkUgF6F4ExgIBfNVotFcywIhUtgNHm' +
      '5MxYr28FfYWcNWp0oPAoT/f53DgAs8TuVE7x2eqtwtfrGSTEVqiLy1Rrr3BYWgdZ/gAG36HmGFm6wVsj/FsecDBCGtTQMnKQZkJsnaLR7Xc+' +
      'MLaukg1hLvaiGknboR2JqN7yOFa6a6vKU1pT9m0Tga4fpfxKPddFAYnkpACY9vtNhmRGX1ms9Xk2L+rKRq9QRmaJIUKRsXbSDXKN41jjAAAA' +
      'AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLi8wMTIzNDU2Nzg5Ojs8PT4/QEFCQ0RFRkdISUpLTE1OT1BR' +
      'UlNUVVZXWFlaW1xdXl9gYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoOEhYaHiImKi4yNjo+QkZKTlJWWl5iZmpucnZ6foKGi' +
      'o6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr/AwcLDxMXGx8jJysvMzc7P0NHS09TV1tfY2drb3N3e3+Dh4uPk5ebn6Onq6+zt7u/w8fLz' +
      '9PX29/j5+vv8/f7/BwD/fv/A0qUB9newU/4e7BMUAGBcvakCD2ABAwAQAH3bg9Q=',
  ),
  /** `pzstd`: a skippable frame before each frame */
  pzstd: fixture(
    'UCpNGAQAAAA/BQAAKLUv/QRYXCkAJFEAAIMAAABAAAAAwAEAVaoAxn6Ba0v74vtU9r3ffBzhhwG/Md5Wcg9HZ2aHWaqIPFnqVhN70oWh2DxU' +
      'VS83rmVb2gJ5mMzjGnaOX9mZjx8/Nu5DeE0N+r6m2uSGjtwpbU7/VuFwIPuPsVgFkMUJ3FPNqjtImVLTUp0Gn+q1wgYTmEmyAR6sMogxnFJG' +
      'lXE2j1f2OR0W+oh09Zh8F1xBu21xjg9wWccBGy8zPZHAHaUNDaszjX5ejz7maHSmOrHDkxGoZMfbyuBg4fO/CQBnouMloCExh9VixahPfi4J' +
      'a5SfsG2pnloLRnCAts9HDKalKtis+6Drt3kkciOSSIDFpqeFt9eMkOSrY0RSZuOcMyX5Xqq6c2BdS3F+vqmMVxlxw8pe5SozrIhRZqF7dWdk' +
      'mmnvb1ZCoB1RxQL3u5JFvm8NtjjMEP27VFEceweUJ5N9ksPUxqVhUQE4OKe/8QQNFZuAH4PVpGmIfJ+2AdqTF0WLErICM1xQ1uFWpK1CSlzd' +
      'hmHpAxLhD5vqJixh3GJIa20U4AOFSnJG2pbIfRzRBT7lknBDX2wDBbPrsyA1TX5mUAE2wDPhD8k4LukpGU9esdFJiztT/Z8/7iUlNXsNEa9M' +
      'EYwy1Np/2BZX4abOfcGuYr8T5IdMOsGzDFmZR1havXh8ulAB7RvqikmI7tYUhauwLN41kxEtARzXKEMw57AI7XmZE1HSOnetPbT4x8oDItLJ' +
      'xicPBM56P8BoLM9yagnCQgByXkE0+JZpP706WJGL4cyisZLdd6E1/vNLvLHjNxENx2W+8WHlXgb/Ncd2iV30bkrMtVR+8RXIoJmPXHAL7xTG' +
      '5QqcGbQdTM5WBtxCESXnlm8PIT3f+VdHDd8ravx3jdXp2fm14OtyhBqOQhQdim5fkjr7C+X25MCfRdYqg7+xzWrEv4ze37L3efdgV/w7PXsu' +
      'y5xBeyel40hYFQcX4LmFX2Oo9ikSQwBq2+5kJFKLxDtduzUYotOJ/7KgWTDy29XBTWpLNpxdeObQo5IN5ZARsIYPQTSApom96S94Rw1QlYcb' +
      'v+N/lDc25G85OC8MgzqF31G8SNlWu3mVeb3USFCdqWVdF3wTCxJcT2ewBOGeGLMAOv7LxBz3K1A4fk67E8Ugw/49pDAP5EcK5FIBeheBMYCA' +
      'XzVaLRXMsCIVLYDR5uTMWK9vBX2FnDVqdKDwKE/3+dw4ALPE7lRO8dnqrcLX6xkkxFaoi8tUa69wWFoHWf4ABt+h5hhZusFbI/xbHnAwQhrU' +
      '0DJykGZCbJ2i0e13PjC2rpINYS72ohpJ26Ediaje8jhWumurylNaU/ZtE4GuH6X8Sj3XRQGJ5KQAmPb7TYZkRl9ZrPV5Ni/qykavUEZmiSFC' +
      'kbF20g1yjeNY4wAAAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNE' +
      'RUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SV' +
      'lpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm' +
      '5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/wUA/37/wNKlAfZ3sFP+HuxDEPleFWABAgAQAAEAAH3bg9Q=',
  ),
} as const;

function fixture(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}
